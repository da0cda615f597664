/** Archives that are unpacked once they are verified, by the end of their name. */
export type ArchiveKind = 'tar' | 'tar.gz' | 'zip';

export function archiveKindOf(path: string): ArchiveKind | undefined {
  const [, end] = /\.(tar|tar\.gz|tgz|zip)$/i.exec(path) ?? [];
  switch (end?.toLowerCase()) {
    case 'tar':
      return 'tar';
    case 'tar.gz':
    case 'tgz':
      return 'tar.gz';
    case 'zip':
      return 'zip';
    default:
      return undefined;
  }
}
