/** HTTP/2 frame by frame (RFC 9113), so that a test can send what no client library would. */

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const FLAG = { none: 0, endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export type HeaderList = readonly (readonly [string, string | Uint8Array])[];

const FRAME_HEAD_BYTES = 9;
/** Answers of any size come at once: SETTINGS_INITIAL_WINDOW_SIZE, and the connection's own window by WINDOW_UPDATE. */
const LARGEST_WINDOW = 2 ** 31 - 1;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.alloc(FRAME_HEAD_BYTES + payload.byteLength);
  bytes.writeUIntBE(payload.byteLength, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, FRAME_HEAD_BYTES);
  return bytes;
}

export function settings(...pairs: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(6 * pairs.length);
  for (const [index, [id, value]] of pairs.entries()) {
    payload.writeUInt16BE(id, 6 * index);
    payload.writeUInt32BE(value, 6 * index + 2);
  }
  return frame(FRAME.settings, FLAG.none, 0, payload);
}

export function windowUpdate(stream: number, increment: number): Buffer {
  return frame(FRAME.windowUpdate, FLAG.none, stream, uint32(increment));
}

export function reset(stream: number, code: number): Buffer {
  return frame(FRAME.reset, FLAG.none, stream, uint32(code));
}

/** What a client begins with, before its SETTINGS. */
export const MAGIC = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** What a client begins with that takes answers of any size. */
export function preface(): Buffer {
  return Buffer.concat([MAGIC, settings([2, 0], [4, LARGEST_WINDOW]), windowUpdate(0, LARGEST_WINDOW - 65_535)]);
}

export const SETTINGS_ACK = frame(FRAME.settings, FLAG.ack, 0);

/** HPACK without Huffman and without a table: each pair as a literal with a new name. */
export function encodeHeaders(headers: HeaderList): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.of(0), literal(Buffer.from(name)), literal(Buffer.from(value))]));
}

function literal(bytes: Buffer): Buffer {
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** With a prefix of 7 bits. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export interface ReadFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Takes what arrives in any pieces and gives whole frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  *read(chunk: Buffer): Generator<ReadFrame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= FRAME_HEAD_BYTES) {
      const end = FRAME_HEAD_BYTES + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      const [bytes, rest] = [this.#rest, this.#rest.subarray(end)];
      this.#rest = rest;
      yield { type: bytes[3] ?? 0, flags: bytes[4] ?? 0, stream: bytes.readUInt32BE(5) & 0x7fffffff, payload: bytes.subarray(FRAME_HEAD_BYTES, end) };
    }
  }
}
