import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HeaderList } from '../../lib/http2/hpack/header-list.js';
import { encodeGrpcMessage } from './grpc-message.js';
import { parseGrpcTimeout } from './grpc-timeout.js';
import { Metadata } from './metadata.js';
import { PingPolicy } from './ping-policy.js';

describe('parseGrpcTimeout', () => {
  test.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3000],
    ['4m', 4],
    ['250u', 0.25],
    ['5000n', 0.005],
    ['0S', 0],
    ['99999999S', 99_999_999_000],
  ])('%s', (text, want) => expect(parseGrpcTimeout(text)).toBeCloseTo(want, 9));
  test.each(['', '1', 'S', '-1S', '1.5S', '123456789S', '1s', '1 S', '1S,1S', '٣S'])('"%s" is none', (text) =>
    expect(parseGrpcTimeout(text)).toBeUndefined(),
  );
});

describe('encodeGrpcMessage', () => {
  test.each([
    ['plain text', 'plain text'],
    ['100 %', '100 %25'],
    ['ü\n', '%C3%BC%0A'],
    ['\ud800', '%EF%BF%BD'],
  ])('%j', (text, want) => expect(encodeGrpcMessage(text)).toBe(want));
  test('any text comes back, is printable and bounded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const encoded = encodeGrpcMessage(text);
        expect(encoded).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeURIComponent(encoded)).toBe(text.toWellFormed());
      }),
      { seed: 3 },
    );
    expect(encodeGrpcMessage('ü'.repeat(100_000)).length).toBeLessThan(5000);
  });
});

test('metadata: text, and binary values with and without padding', () => {
  const metadata = new Metadata(new HeaderList(['x-a', 'x-b-bin', 'x-b-bin'], ['1', 'AQI=', 'AQI,'], 0, false));
  expect([metadata.get('x-a'), metadata.get('x-none'), metadata.getBinary('x-none-bin')]).toEqual(['1', undefined, []]);
  expect(metadata.getBinary('x-b-bin').map((value) => [...value])).toEqual([[1, 2], [1, 2], []]);
  expect(() => metadata.getBinary('x-a')).toThrow('does not end in "-bin"');
});

describe('PingPolicy', () => {
  const limits = { minIntervalMs: 5000, maxStrikes: 2 };
  test('a flood ends', () => {
    const pings = new PingPolicy(limits);
    expect([0, 1, 2, 3].map((now) => pings.onPing(now))).toEqual([false, false, false, true]);
  });
  test('pings far apart, or with calls between them, go on for ever', () => {
    const pings = new PingPolicy(limits);
    for (let now = 0; now < 100_000; now += 5000) expect(pings.onPing(now)).toBe(false);
    for (let now = 100_000; now < 100_100; now++) {
      pings.onCall();
      expect(pings.onPing(now)).toBe(false);
    }
  });
});
