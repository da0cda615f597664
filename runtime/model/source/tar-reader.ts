/**
 * tar and tar.gz, entry by entry: ustar with its prefix, the long names of GNU and of pax. Sizes and checksums are held against the
 * stream, so a cut or spoilt archive is an error and not a shorter model.
 */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type ArchiveEntry, ArchiveRefusal } from './archive-entry.js';
import { ChunkReader } from './chunk-reader.js';
import { errorCode } from './error-code.js';
import { toBuffer } from './limited-body.js';

const BLOCK = 512;
/** Names and attributes; the longest path that Linux takes is 4 KiB. */
const MAX_EXTENSION = 1 << 20;
const KINDS: Readonly<Record<string, ArchiveEntry['kind']>> = { '0': 'File', '\0': 'File', '7': 'File', '1': 'Link', '2': 'Link', '5': 'Folder' };

interface Overrides {
  path?: string;
  bytes?: number;
}

export async function* readTar(path: string, isGzip: boolean): AsyncGenerator<ArchiveEntry> {
  const chunks = readChunks(path, isGzip);
  try {
    yield* readEntries(new ChunkReader(chunks));
  } finally {
    await chunks.return(undefined);
  }
}

async function* readChunks(path: string, isGzip: boolean): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const stream: Readable = isGzip ? file.pipe(createGunzip({ chunkSize: 1 << 18 })) : file;
  file.on('error', (error) => stream.destroy(error));
  try {
    for await (const chunk of stream) yield toBuffer(chunk);
  } catch (error) {
    const code = errorCode(error);
    throw code.startsWith('Z_') ? new ArchiveRefusal(`is no gzip file, or not a whole one (${code})`) : error;
  } finally {
    file.destroy();
    stream.destroy();
  }
}

async function* readEntries(reader: ChunkReader): AsyncGenerator<ArchiveEntry> {
  let overrides: Overrides = {};
  for (;;) {
    const header = await reader.take(BLOCK);
    if (header.length < BLOCK)
      throw new ArchiveRefusal(header.length === 0 ? 'ends without its end mark: it was cut off' : 'is cut off in the middle of an entry');
    if (header.every((byte) => byte === 0)) return;
    checkSum(header);
    const type = String.fromCharCode(header[156] ?? 0);
    const declared = readNumber(header.subarray(124, 136));
    if (type === 'L' || type === 'x' || type === 'g') {
      const text = await takeExtension(reader, declared);
      if (type !== 'g') overrides = type === 'L' ? { ...overrides, path: untilNull(text) } : { ...overrides, ...readPax(text) };
      continue;
    }
    const kind = KINDS[type] ?? 'Other';
    const bytes = kind === 'File' ? (overrides.bytes ?? declared) : 0;
    const entry = { path: overrides.path ?? readPath(header), kind, bytes, content: content(reader, bytes) };
    overrides = {};
    yield { ...entry, kind: kind === 'File' && entry.path.endsWith('/') ? 'Folder' : kind };
  }
}

async function* content(reader: ChunkReader, bytes: number): AsyncGenerator<Buffer> {
  let got = 0;
  for await (const piece of reader.pieces(bytes)) {
    got += piece.length;
    yield piece;
  }
  const padding = (BLOCK - (bytes % BLOCK)) % BLOCK;
  if (got < bytes || (await reader.take(padding)).length < padding) throw new ArchiveRefusal('is cut off in the middle of a file');
}

/** The sum of the header's bytes with spaces in place of the sum itself. */
function checkSum(header: Buffer): void {
  const want = readNumber(header.subarray(148, 156));
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (sum !== want) throw new ArchiveRefusal('is no tar archive, or a spoilt one: the checksum of an entry is wrong');
}

/** Octal, or from GNU tar big-endian behind a set first bit. */
function readNumber(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const value = field.subarray(1).reduce((total, byte) => total * 256 + byte, (field[0] ?? 0) & 0x7f);
    if (Number.isSafeInteger(value)) return value;
    throw new ArchiveRefusal('has an entry of a size that no file has');
  }
  const text = field.toString('latin1').replaceAll(/[\0 ]+/g, '');
  if (!/^[0-7]*$/.test(text)) throw new ArchiveRefusal('is no tar archive, or a spoilt one: an entry has no size');
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function readPath(header: Buffer): string {
  const name = untilNull(header.subarray(0, 100));
  const isUstar = header.subarray(257, 263).toString('latin1') === 'ustar\0';
  const prefix = isUstar ? untilNull(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

async function takeExtension(reader: ChunkReader, bytes: number): Promise<Buffer> {
  if (bytes > MAX_EXTENSION) throw new ArchiveRefusal(`has an entry whose name and attributes take ${bytes} bytes`);
  const padded = Math.ceil(bytes / BLOCK) * BLOCK;
  const block = await reader.take(padded);
  if (block.length < padded) throw new ArchiveRefusal('is cut off in the middle of an entry');
  return block.subarray(0, bytes);
}

/** `<length> path=<value>\n`, as often as there are attributes. */
function readPax(text: Buffer): Overrides {
  const overrides: Overrides = {};
  for (let at = 0; at < text.length; ) {
    const [, digits = ''] = /^(\d{1,7}) /.exec(text.subarray(at, at + 9).toString('latin1')) ?? [];
    const length = Number(digits);
    if (digits === '' || length <= digits.length + 2 || at + length > text.length)
      throw new ArchiveRefusal('has an entry whose pax attributes cannot be read');
    const record = text.subarray(at + digits.length + 1, at + length - 1).toString();
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path') overrides.path = value;
    if (key === 'size') overrides.bytes = readSize(value);
    if (key.startsWith('GNU.sparse.')) throw new ArchiveRefusal('has a sparse file: pack it without --sparse');
    at += length;
  }
  return overrides;
}

function readSize(text: string): number {
  const bytes = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new ArchiveRefusal('has an entry of a size that no file has');
}

function untilNull(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString();
}
