/**
 * Checks of behaviour that is wanted and not there yet: "<suite>: <check>" → what is missing. Such a check has to fail: one
 * that passes fails the suite until its line here is gone, so the list cannot be stale. It is empty when the runtime is whole.
 */
export const PENDING: Readonly<Record<string, string>> = {};
