/** Parameters of a request or a tensor, as both protocols carry them. */
/** int64_param and uint64_param are bigint, double_param is a number; undefined when none of the oneof is set. */
export type ParameterValue = boolean | bigint | number | string | undefined;

/** By name; of a name that comes again the last counts. */
export type Parameters = ReadonlyMap<string, ParameterValue>;

/** The empty map that every message without parameters shares. */
export const NO_PARAMETERS: Parameters = new Map();
