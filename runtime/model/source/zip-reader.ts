/** zip, entry by entry, in the order of its content: stored or deflated, held against sizes and CRC-32; entries that share bytes are refused. */

import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { type ArchiveEntry, ArchiveRefusal } from './archive-entry.js';
import { errorCode } from './error-code.js';
import { toBuffer } from './limited-body.js';
import { readPiece, readZipDirectory, type ZipEntry } from './zip-directory.js';

const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
const TYPE = 0xf000;
const KINDS: Readonly<Record<number, ArchiveEntry['kind']>> = { 0: 'File', 32768: 'File', 16384: 'Folder', 40960: 'Link' };

export async function* readZip(path: string): AsyncGenerator<ArchiveEntry> {
  const file = await open(path, 'r');
  try {
    const entries = await readZipDirectory(file, (await file.stat()).size);
    let end = 0;
    for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
      if (entry.offset < end) throw new ArchiveRefusal(`has an entry ${JSON.stringify(entry.path.slice(0, 200))} whose bytes are another's too`);
      const start = await findContent(file, entry);
      end = start + entry.packedBytes;
      const kind = entry.path.endsWith('/') ? 'Folder' : (KINDS[entry.mode & TYPE] ?? 'Other');
      yield { path: entry.path, kind, bytes: entry.bytes, content: content(path, entry, start) };
    }
  } finally {
    await file.close();
  }
}

/** Behind the entry's own header, which must tell of the same file as the directory. */
async function findContent(file: FileHandle, { path, offset }: ZipEntry): Promise<number> {
  const header = await readPiece(file, offset, LOCAL_BYTES);
  if (header.readUInt32LE(0) !== LOCAL) throw new ArchiveRefusal('has a directory that does not fit its entries: it is spoilt');
  const [nameBytes, extraBytes] = [header.readUInt16LE(26), header.readUInt16LE(28)];
  const name = (await readPiece(file, offset + LOCAL_BYTES, nameBytes)).toString();
  if (name !== path) throw new ArchiveRefusal(`calls one entry both ${JSON.stringify(path.slice(0, 200))} and ${JSON.stringify(name.slice(0, 200))}`);
  return offset + LOCAL_BYTES + nameBytes + extraBytes;
}

async function* content(archive: string, entry: ZipEntry, start: number): AsyncGenerator<Buffer> {
  const shown = JSON.stringify(entry.path.slice(0, 200));
  if (entry.isEncrypted) throw new ArchiveRefusal(`has an encrypted entry ${shown}: pack it without a password`);
  if (entry.method !== STORED && entry.method !== DEFLATED)
    throw new ArchiveRefusal(`has an entry ${shown} packed by method ${entry.method}: only store and deflate are read`);
  let bytes = 0;
  let sum = 0;
  for await (const chunk of entry.packedBytes === 0 ? [] : unpacked(archive, entry, start)) {
    bytes += chunk.length;
    if (bytes > entry.bytes) throw new ArchiveRefusal(`has more bytes in its entry ${shown} than it says`);
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (bytes !== entry.bytes || sum !== entry.crc32) throw new ArchiveRefusal(`has an entry ${shown} that is spoilt or cut off`);
}

async function* unpacked(archive: string, { method, packedBytes, path }: ZipEntry, start: number): AsyncGenerator<Buffer> {
  const packed = createReadStream(archive, { start, end: start + packedBytes - 1, highWaterMark: 1 << 18 });
  const stream: Readable = method === STORED ? packed : packed.pipe(createInflateRaw({ chunkSize: 1 << 18 }));
  packed.on('error', (error) => stream.destroy(error));
  try {
    for await (const chunk of stream) yield toBuffer(chunk);
  } catch (error) {
    const code = errorCode(error);
    throw code.startsWith('Z_') ? new ArchiveRefusal(`has an entry ${JSON.stringify(path.slice(0, 200))} that cannot be unpacked (${code})`) : error;
  } finally {
    packed.destroy();
    stream.destroy();
  }
}
