/** What readers of archives find, and what they refuse. */
export interface ArchiveEntry {
  /** As the archive has it; a folder may end in a slash. */
  readonly path: string;
  readonly kind: 'File' | 'Folder' | 'Link' | 'Other';
  /** As the archive declares it. */
  readonly bytes: number;
  /** To be read to its end before the next entry is asked for. Throws when it is not what the archive declares. */
  readonly content: AsyncIterable<Buffer>;
}

/** What is wrong with an archive, as the end of a sentence: who finds it does not know the archive's name. */
export class ArchiveRefusal extends Error {
  override readonly name = 'ArchiveRefusal';
}
