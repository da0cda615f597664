import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HeldBytes } from './held-bytes.js';

test('gives all that was added, once, in order', () => {
  const step = fc.oneof(fc.uint8Array({ maxLength: 2000 }), fc.constant('take' as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const held = new HeldBytes();
      const [added, taken]: [Uint8Array[], Buffer[]] = [[], []];
      for (const step of [...steps, ...Array<'take'>(steps.length).fill('take')]) {
        if (step !== 'take') {
          held.add(Buffer.from(step));
          added.push(step);
        } else taken.push(...[held.take() ?? []].flat());
        expect(held.bytes).toBe(Buffer.concat(added).length - Buffer.concat(taken).length);
      }
      expect(Buffer.concat(taken)).toEqual(Buffer.concat(added));
      expect(held.take()).toBeUndefined();
    }),
    { seed: 9518, numRuns: 200 },
  );
});

test('a few bytes take one small block, many take blocks of 16 KiB', () => {
  const held = new HeldBytes();
  held.add(Buffer.from('a'));
  expect(held.take()?.buffer.byteLength).toBe(512);
  for (let added = 0; added < 200_000; added++) held.add(Buffer.of(1));
  const sizes: number[] = [];
  for (let block = held.take(); block !== undefined; block = held.take()) sizes.push(block.buffer.byteLength);
  expect(sizes.slice(0, 6)).toEqual([512, 512, 1024, 2048, 4096, 8192]);
  expect(Math.max(...sizes)).toBe(16_384);
  expect(sizes.length).toBeLessThan(20);
});
