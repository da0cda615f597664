/** Where one version of one model lies. */
export interface LocatedModel {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  /** Where `fetch` leaves its record, if it made this file. */
  readonly recordPath: string;
}
