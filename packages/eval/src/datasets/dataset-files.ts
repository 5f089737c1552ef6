/**
 * Where the files of data sets are: a local directory, or the Hub.
 */

export interface DatasetFiles {
  /** for errors: 'the directory /sets' */
  readonly place: string;
  /**
   * @param path `owner/name` of the set
   * @returns paths inside the set, with '/'; empty where it is not there
   */
  list(path: string): Promise<readonly string[]>;
  /** The bytes of a file as published, compressed where it is. */
  read(path: string, file: string): Promise<Uint8Array>;
}
