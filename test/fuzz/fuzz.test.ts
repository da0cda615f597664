import { expect, test } from '@jest/globals';
import { fuzz } from './fuzzer.js';
import { makeGrpcInput } from './grpc-inputs.js';
import { makeRestInput } from './rest-inputs.js';

const COUNT = 20_000;

test('an input is given by its seed and index', () => {
  expect(makeGrpcInput(7, 41, 1)).toEqual(makeGrpcInput(7, 41, 1));
  expect(makeRestInput(7, 41)).toEqual(makeRestInput(7, 41));
  expect(makeRestInput(7, 41)).not.toEqual(makeRestInput(8, 41));
});

test('20,000 malformed inputs are each ended, and valid ones between them answered', async () => {
  const { inputs, valid, statuses, codes, defects, heldBytes } = await fuzz({ seed: 1, from: 0, count: COUNT });
  expect({ defects, heldBytes }).toEqual({ defects: [], heldBytes: 0 });
  expect([inputs, valid >= COUNT / 1000]).toEqual([COUNT, true]);
  expect(statuses.get(500) ?? 0).toBe(0);
  // each kind of end was reached, so the inputs are neither all nonsense nor all sound
  for (const status of [200, 400, 404]) expect(statuses.get(status) ?? 0).toBeGreaterThan(20);
  for (const code of ['OK', 'INVALID_ARGUMENT', 'NOT_FOUND', 'UNIMPLEMENTED', 'CANCELLED'])
    expect({ code, isSeen: (codes.get(code) ?? 0) > 20 }).toEqual({ code, isSeen: true });
}, 120_000);
