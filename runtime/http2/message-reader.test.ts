import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AssemblyPool } from './assembly-pool.js';
import { type Framed, MessageReader } from './message-reader.js';
import { frameMessage } from './method.js';

const MIB = 1024 * 1024;

function frame(payload: Uint8Array, flag = 0): Buffer {
  const [framed] = frameMessage(payload).chunks;
  const bytes = Buffer.from(framed ?? []);
  bytes[0] = flag;
  return bytes;
}

function readAll(reader: MessageReader): Framed[] {
  const found: Framed[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(next);
  return found;
}

describe('MessageReader', () => {
  test('what was pushed may be overwritten afterwards', () => {
    const reader = new MessageReader(100);
    const chunk = Buffer.concat([frame(Buffer.from('hello')), frame(Buffer.from('world')), Buffer.from([0, 0])]);
    reader.push(chunk);
    chunk.fill(255);
    reader.push(Buffer.from([0, 0, 1, 33]));
    expect(readAll(reader).map(({ payload }) => String(payload))).toEqual(['hello', 'world', '!']);
    expect([reader.isEmpty, reader.isPartial]).toEqual([true, false]);
  });
  test('messages before one that is too large are there first', () => {
    const reader = new MessageReader(5);
    reader.push(Buffer.concat([frame(Buffer.from('hello')), frame(Buffer.from('larger'))]));
    expect([reader.isEmpty, String(reader.next()?.payload), reader.isEmpty]).toEqual([false, 'hello', false]);
    expect(() => reader.next()).toThrow('limit of 5 bytes');
  });
  test('the limit holds as soon as the length is there', () => {
    const reader = new MessageReader(100);
    expect(() => reader.push(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]))).toThrow(
      'request is larger than the limit of 100 bytes: Received message larger than max (4294967295 vs 100)',
    );
  });
  test('an unknown flag is refused', () => expect(() => new MessageReader(100).push(frame(Buffer.from('x'), 7))).toThrow('begins with byte 7'));
  test('memory follows what arrived, not what was announced', () => {
    const reader = new MessageReader(64 * 1024 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    reader.push(Buffer.from([0, 0x03, 0, 0, 0, 1]));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
    expect(reader.isPartial).toBe(true);
  });
  test('however the bytes are cut, the same messages come out', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(40), { maxLength: 40 }), fc.boolean(), (payloads, cuts, takesLate) => {
        const wire = Buffer.concat(payloads.map((payload) => frame(payload)));
        const reader = new MessageReader(1000);
        const found: Framed[] = [];
        let at = 0;
        for (const cut of [...cuts, wire.length]) {
          reader.push(wire.subarray(at, at + cut));
          at = Math.min(wire.length, at + cut);
          if (!takesLate) found.push(...readAll(reader));
        }
        found.push(...readAll(reader));
        expect(found.map(({ payload }) => [...payload])).toEqual(payloads.map((payload) => [...payload]));
        expect(reader.isEmpty).toBe(true);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
  test('a message larger than what is taken at once grows and stays whole', () => {
    const payload = Buffer.alloc(3 * 1024 * 1024 + 7, 'slipway');
    const wire = frame(payload);
    const reader = new MessageReader(8 * 1024 * 1024);
    for (let at = 0; at < wire.length; at += 16_384) reader.push(wire.subarray(at, at + 16_384));
    expect(reader.next()?.payload.equals(payload)).toBe(true);
  });
  test.each([100, 70_000, 602_131, 1_100_003])('the end of a message of %d bytes that is put together lies at a multiple of 16', (bytes) => {
    const wire = frame(Buffer.alloc(bytes, 'slipway'));
    for (const pool of [undefined, new AssemblyPool(MIB)]) {
      const reader = new MessageReader(2 * MIB, pool);
      const at = Math.floor(wire.length / 3);
      for (const part of [wire.subarray(0, at), wire.subarray(at)]) reader.push(part);
      const payload = reader.next()?.payload ?? Buffer.alloc(0);
      expect([payload.equals(wire.subarray(5)), (payload.byteOffset + payload.length) % 16]).toEqual([true, 0]);
    }
  });
  test('memory out of the pool goes back to it, and serves what has not arrived', () => {
    const pool = new AssemblyPool(4 * MIB);
    const wire = frame(Buffer.alloc(3 * MIB, 'slipway'));
    const read = (): Uint8Array | undefined => {
      const reader = new MessageReader(8 * MIB, pool);
      for (let at = 0; at < wire.length; at += 16_384) reader.push(wire.subarray(at, at + 16_384));
      const payload = reader.next()?.payload;
      expect(payload?.equals(wire.subarray(5))).toBe(true);
      reader.recycle();
      reader.recycle();
      return payload;
    };
    const first = read();
    expect(pool.idleBytes).toBe(3.5 * MIB);
    expect(read()?.buffer).toBe(first?.buffer);
    expect(pool.idleBytes).toBe(3.5 * MIB);
  });
});
