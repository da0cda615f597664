/** The directory at the end of a zip file: where its entries are, with the 64-bit fields of large ones. Reads a few pieces of the file. */
import type { FileHandle } from 'node:fs/promises';
import { ArchiveRefusal } from './archive-entry.js';

export interface ZipEntry {
  readonly path: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly crc32: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Of its own header, before its content. */
  readonly offset: number;
  /** Unix mode, where a Unix made the archive; else 0. */
  readonly mode: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const MAX_DIRECTORY_BYTES = 32 << 20;
const UNIX = 3;
const ALL_16 = 0xffff;
const ALL_32 = 0xffffffff;

export async function readZipDirectory(file: FileHandle, fileBytes: number): Promise<readonly ZipEntry[]> {
  const { offset, bytes, count } = await findDirectory(file, fileBytes);
  if (bytes > MAX_DIRECTORY_BYTES) throw new ArchiveRefusal(`has a directory of ${bytes} bytes, which is no model's`);
  const directory = await readPiece(file, offset, bytes);
  const entries: ZipEntry[] = [];
  for (let at = 0; at < directory.length; ) {
    if (at + ENTRY_BYTES > directory.length || directory.readUInt32LE(at) !== ENTRY)
      throw new ArchiveRefusal('has a directory that cannot be read: it is spoilt');
    const end = at + ENTRY_BYTES + directory.readUInt16LE(at + 28) + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (end > directory.length) throw new ArchiveRefusal('has a directory that cannot be read: it is spoilt');
    entries.push(readEntry(directory.subarray(at, end)));
    at = end;
  }
  if (count !== undefined && count !== entries.length)
    throw new ArchiveRefusal(`says that it has ${count} entries and has ${entries.length}: it is spoilt`);
  return entries;
}

export async function readPiece(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, offset);
  if (bytesRead < bytes) throw new ArchiveRefusal('is cut off');
  return buffer;
}

interface Directory {
  readonly offset: number;
  readonly bytes: number;
  readonly count: number | undefined;
}

async function findDirectory(file: FileHandle, fileBytes: number): Promise<Directory> {
  const tailBytes = Math.min(fileBytes, END_BYTES + ALL_16);
  const tail = await readPiece(file, fileBytes - tailBytes, tailBytes);
  const at = findEnd(tail);
  if (at === undefined) throw new ArchiveRefusal('is no zip file, or is cut off: it has no directory at its end');
  const [count, bytes, offset] = [tail.readUInt16LE(at + 10), tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  const directory =
    count === ALL_16 || bytes === ALL_32 || offset === ALL_32 ? await findDirectory64(file, fileBytes - tailBytes + at) : { offset, bytes, count };
  if (directory.offset + directory.bytes > fileBytes) throw new ArchiveRefusal('is no whole zip file: its directory lies beyond its end');
  return directory;
}

/** The last mark whose comment ends where the file ends. */
function findEnd(tail: Buffer): number | undefined {
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) === END && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  return undefined;
}

async function findDirectory64(file: FileHandle, endAt: number): Promise<Directory> {
  if (endAt < 20) throw new ArchiveRefusal('has a directory that cannot be read: it is spoilt');
  const locator = await readPiece(file, endAt - 20, 20);
  if (locator.readUInt32LE(0) !== END64_LOCATOR) throw new ArchiveRefusal('has a directory that cannot be read: it is spoilt');
  const end = await readPiece(file, safe(locator.readBigUInt64LE(8)), 56);
  if (end.readUInt32LE(0) !== END64) throw new ArchiveRefusal('has a directory that cannot be read: it is spoilt');
  return { count: safe(end.readBigUInt64LE(32)), bytes: safe(end.readBigUInt64LE(40)), offset: safe(end.readBigUInt64LE(48)) };
}

function readEntry(entry: Buffer): ZipEntry {
  const [nameBytes, extraBytes] = [entry.readUInt16LE(28), entry.readUInt16LE(30)];
  const nameEnd = ENTRY_BYTES + nameBytes;
  const [packed, bytes, offset] = [entry.readUInt32LE(20), entry.readUInt32LE(24), entry.readUInt32LE(42)];
  const large = readLarge(entry.subarray(nameEnd, nameEnd + extraBytes), [bytes, packed, offset]);
  return {
    path: entry.subarray(ENTRY_BYTES, nameEnd).toString(),
    isEncrypted: (entry.readUInt16LE(8) & 1) !== 0,
    method: entry.readUInt16LE(10),
    crc32: entry.readUInt32LE(16),
    bytes: large[0] ?? bytes,
    packedBytes: large[1] ?? packed,
    offset: large[2] ?? offset,
    mode: entry.readUInt16LE(4) >> 8 === UNIX ? entry.readUInt16LE(40) : 0,
  };
}

/** Of the three numbers those that do not fit into 32 bits stand in an extra field, in this order. */
function readLarge(extra: Buffer, numbers: readonly number[]): readonly (number | undefined)[] {
  const field = findExtra(extra, 1);
  let at = 0;
  return numbers.map((number) => {
    if (number !== ALL_32) return undefined;
    if (field === undefined || at + 8 > field.length) throw new ArchiveRefusal('has an entry whose size is missing: it is spoilt');
    at += 8;
    return safe(field.readBigUInt64LE(at - 8));
  });
}

function findExtra(extra: Buffer, wanted: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length; ) {
    const [id, bytes] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    if (id === wanted) return extra.subarray(at + 4, at + 4 + bytes);
    at += 4 + bytes;
  }
  return undefined;
}

function safe(value: bigint): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new ArchiveRefusal('has an entry of a size that no file has');
}
