/** The header `grpc-timeout`: at most eight digits and a unit. */
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
const FORM = /^(\d{1,8})([HMSmun])$/;

/** Milliseconds, with fractions; undefined for what is no timeout. "1S" is 1000, "250u" is 0.25. */
export function parseGrpcTimeout(text: string): number | undefined {
  const [, digits, unit] = FORM.exec(text) ?? [];
  const unitMs = unit === undefined ? undefined : UNIT_MS[unit];
  return digits === undefined || unitMs === undefined ? undefined : Number(digits) * unitMs;
}
