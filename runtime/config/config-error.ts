/** The one way in which reading a configuration fails: a place that a person can go to, and what to write there. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** `place`: `config.pbtxt:3:7` in text, the path of the field (`models.reader.input[0].dims`) elsewhere. */
  constructor(
    readonly place: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`${place}: ${problem}`, options);
  }
}
