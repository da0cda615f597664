/** Parameters of a request or a tensor, as both protocols carry them. */
export type ParameterValue = boolean | bigint | number | string | undefined;

export type Parameters = ReadonlyMap<string, ParameterValue>;

export const NO_PARAMETERS: Parameters = new Map();
