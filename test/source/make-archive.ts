/** Archives byte by byte, with the faults that no archiver makes. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ArchivePart {
  readonly path: string;
  readonly bytes?: Buffer;
  /** tar: the type of the entry. */
  readonly type?: string;
  /** zip: the mode that Unix gives it. */
  readonly mode?: number;
  /** zip: what the directory says of its size, of its sum, of its flags, of its method. */
  readonly says?: { readonly bytes?: number; readonly crc32?: number; readonly flags?: number; readonly method?: number };
  /** zip: its name in front of the content, where the directory has another. */
  readonly localPath?: string;
  /** zip: at the bytes of the entry before. */
  readonly isOverlapping?: boolean;
}

export function makeTar(parts: readonly ArchivePart[]): Buffer {
  return Buffer.concat([...parts.map(makeTarEntry), Buffer.alloc(1024)]);
}

function makeTarEntry({ path, bytes = Buffer.alloc(0), type = '0' }: ArchivePart): Buffer {
  const header = Buffer.alloc(512);
  header.write(path, 0, 100);
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(' '.repeat(8), 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export function makeZip(parts: readonly ArchivePart[]): Buffer {
  const content: Buffer[] = [];
  const directory: Buffer[] = [];
  let [offset, last] = [0, 0];
  for (const part of parts) {
    const packed = deflateRawSync(part.bytes ?? Buffer.alloc(0), { level: 9 });
    const at = part.isOverlapping === true ? last : offset;
    directory.push(zipHeader(part, packed.length, at));
    if (part.isOverlapping === true) continue;
    const entry = Buffer.concat([localHeader(part, packed.length), packed]);
    content.push(entry);
    last = offset;
    offset += entry.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...content, ...directory, end]);
}

function localHeader({ path, localPath = path, bytes = Buffer.alloc(0) }: ArchivePart, packedBytes: number): Buffer {
  const name = Buffer.from(localPath);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(crc32(bytes), 14);
  header.writeUInt32LE(packedBytes, 18);
  header.writeUInt32LE(bytes.length, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

function zipHeader({ path, bytes = Buffer.alloc(0), mode = 0o100644, says = {} }: ArchivePart, packedBytes: number, offset: number): Buffer {
  const name = Buffer.from(path);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(3 << 8, 4);
  header.writeUInt16LE(says.flags ?? 0, 8);
  header.writeUInt16LE(says.method ?? 8, 10);
  header.writeUInt32LE(says.crc32 ?? crc32(bytes), 16);
  header.writeUInt32LE(packedBytes, 20);
  header.writeUInt32LE(says.bytes ?? bytes.length, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(mode, 40);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, name]);
}
