import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FLAG, FRAME, frame } from '../../test/fuzz/http2-frames.js';
import { ConnectionError } from './connection-error.js';
import { FrameReader, type FrameSink } from './frame-reader.js';
import { ErrorCode, PREFACE } from './protocol.js';

const FRAME_BYTES = 16_384;
const BLOCK_BYTES = 4096;

type Event = readonly (string | number | boolean)[];

/** Remembers what it was told; the parts of one DATA frame as one. */
class RecordingSink implements FrameSink {
  readonly events: Event[] = [];
  readonly #parts: Buffer[] = [];
  smallestPart = Number.POSITIVE_INFINITY;

  onDataBegin(id: number, length: number): void {
    this.events.push(['data', id, length]);
  }

  onDataPart(bytes: Buffer): void {
    this.smallestPart = Math.min(this.smallestPart, bytes.length);
    this.#parts.push(Buffer.from(bytes));
  }

  onDataEnd(isLast: boolean): void {
    this.events.push(['end', Buffer.concat(this.#parts.splice(0)).toString('hex'), isLast]);
  }

  onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    this.events.push(['frame', type, flags, id, payload.toString('hex')]);
  }

  onUnknownFrame(type: number): void {
    this.events.push(['unknown', type]);
  }
}

function read(chunks: readonly Buffer[]): RecordingSink {
  const sink = new RecordingSink();
  const reader = new FrameReader(sink, FRAME_BYTES, BLOCK_BYTES);
  for (const chunk of chunks) reader.push(chunk);
  return sink;
}

function split(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...cuts, bytes.length].map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end));
}

const connection = (...frames: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from(PREFACE), ...frames]);

interface Sent {
  readonly bytes: Buffer;
  readonly want: readonly Event[];
}

const id = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(2 ** 31 - 1));
const content = (max: number) => fc.uint8Array({ maxLength: max }).map((bytes) => Buffer.from(bytes));

const data: fc.Arbitrary<Sent> = fc
  .record({ id, content: content(300), padding: fc.option(fc.nat(255), { nil: undefined }), isLast: fc.boolean() })
  .map((sent) => {
    const { padding } = sent;
    const payload = padding === undefined ? sent.content : Buffer.concat([Buffer.of(padding), sent.content, Buffer.alloc(padding, 7)]);
    const flags = (padding === undefined ? 0 : FLAG.padded) | (sent.isLast ? FLAG.endStream : 0);
    const want: Event[] = [
      ['data', sent.id, payload.length],
      ['end', sent.content.toString('hex'), sent.isLast],
    ];
    return { bytes: frame(FRAME.data, flags, sent.id, payload), want };
  });
const known: fc.Arbitrary<Sent> = fc
  .record({ type: fc.integer({ min: 1, max: 9 }), flags: fc.nat(255), id, payload: content(200) })
  .map(({ type, flags, id, payload }) => ({ bytes: frame(type, flags, id, payload), want: [['frame', type, flags, id, payload.toString('hex')]] }));
const unknown: fc.Arbitrary<Sent> = fc
  .record({ type: fc.integer({ min: 10, max: 255 }), flags: fc.nat(255), id, payload: content(400) })
  .map(({ type, flags, id, payload }) => ({ bytes: frame(type, flags, id, payload), want: [['unknown', type]] }));

test('any split of any frames is read as the whole', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(data, known, unknown), { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 40 }), (sent, places) => {
      const bytes = connection(...sent.map((one) => one.bytes));
      const want = sent.flatMap((one) => one.want);
      expect(read([bytes]).events).toEqual(want);
      expect(read(split(bytes, places)).events).toEqual(want);
    }),
    { seed: 9113, numRuns: 400 },
  );
});

test('byte by byte, too, and no part is empty', () => {
  const bytes = connection(
    frame(FRAME.data, FLAG.padded, 1, Buffer.from([3, 97, 98, 0, 0, 0])),
    frame(FRAME.data, FLAG.endStream, 1),
    frame(FRAME.data, FLAG.padded, 1, Buffer.of(0)),
    frame(FRAME.settings, 0, 0),
    frame(200, 0, 0),
  );
  const sink = read(Array.from(bytes, (byte) => Buffer.of(byte)));
  expect(sink.events).toEqual([
    ['data', 1, 6],
    ['end', '6162', false],
    ['data', 1, 0],
    ['end', '', true],
    ['data', 1, 1],
    ['end', '', false],
    ['frame', 4, 0, 0, ''],
    ['unknown', 200],
  ]);
  expect(sink.smallestPart).toBe(1);
});

test('the reserved bit of a stream is none of its id', () => {
  const bytes = frame(FRAME.ping, 0, 0, Buffer.alloc(8));
  bytes[5] = 0x80;
  expect(read([connection(bytes)]).events).toEqual([['frame', FRAME.ping, 0, 0, '0000000000000000']]);
});

describe('refused', () => {
  const size = ErrorCode.FRAME_SIZE_ERROR;
  test.each<[name: string, bytes: Buffer, code: ErrorCode]>([
    ['HTTP/1.1', Buffer.from('GET / HTTP/1.1\r\n'), ErrorCode.PROTOCOL_ERROR],
    ['a preface that ends otherwise', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\rx'), ErrorCode.PROTOCOL_ERROR],
    ['DATA beyond the largest frame', connection(frame(FRAME.data, 0, 1, Buffer.alloc(FRAME_BYTES + 1))), size],
    ['an unknown frame beyond the largest', connection(frame(99, 0, 1, Buffer.alloc(FRAME_BYTES + 1))), size],
    ['a header block beyond its bound', connection(frame(FRAME.headers, 0, 1, Buffer.alloc(BLOCK_BYTES + 1))), ErrorCode.ENHANCE_YOUR_CALM],
    ['a part of one beyond it', connection(frame(FRAME.continuation, 0, 1, Buffer.alloc(BLOCK_BYTES + 1))), ErrorCode.ENHANCE_YOUR_CALM],
    ['a large PING', connection(frame(FRAME.ping, 0, 0, Buffer.alloc(1025))), size],
    ['padding without its length', connection(frame(FRAME.data, FLAG.padded, 1)), size],
    ['padding of the whole frame and more', connection(frame(FRAME.data, FLAG.padded, 1, Buffer.of(2, 0))), ErrorCode.PROTOCOL_ERROR],
  ])('%s', (_name, bytes, code) => {
    for (const chunks of [[bytes], Array.from(bytes, (byte) => Buffer.of(byte))]) {
      let thrown: unknown;
      try {
        read(chunks);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(ConnectionError);
      expect(thrown).toMatchObject({ code });
    }
  });

  test('a size before its payload has come', () => {
    const bytes = connection(frame(FRAME.data, 0, 1, Buffer.alloc(FRAME_BYTES + 1)));
    expect(() => read([bytes.subarray(0, PREFACE.length + 9)])).toThrow('a frame of type 0 has 16385 bytes, where at most 16384 are allowed');
  });

  test('the largest that is allowed is not', () => {
    const frames = [
      frame(FRAME.data, 0, 1, Buffer.alloc(FRAME_BYTES)),
      frame(99, 0, 1, Buffer.alloc(FRAME_BYTES)),
      frame(FRAME.headers, 0, 1, Buffer.alloc(BLOCK_BYTES)),
      frame(FRAME.goaway, 0, 0, Buffer.alloc(1024)),
      frame(FRAME.data, FLAG.padded, 1, Buffer.of(1, 0)),
    ];
    expect(read([connection(...frames)]).events).toHaveLength(7);
  });
});

test('what is kept between reads is at most one small frame', () => {
  const reader = new FrameReader(new RecordingSink(), FRAME_BYTES, BLOCK_BYTES);
  reader.push(connection());
  const pieces = [frame(99, 0, 1, Buffer.alloc(FRAME_BYTES)), frame(FRAME.data, 0, 1, Buffer.alloc(FRAME_BYTES))];
  for (const piece of pieces) {
    reader.push(piece.subarray(0, -1));
    expect(reader.keptBytes).toBe(0);
    reader.push(piece.subarray(-1));
  }
  const large = Buffer.concat([frame(FRAME.data, 0, 1, Buffer.alloc(FRAME_BYTES)), frame(FRAME.headers, 0, 1, Buffer.alloc(100)).subarray(0, 60)]);
  reader.push(large);
  expect(reader.keptBytes).toBe(51);
});
