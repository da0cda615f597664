import { expect, test } from '@jest/globals';
import { InferenceError } from '../../runtime/core/inference-error.js';
import { decodeInferRequest } from '../../runtime/wire/infer-request.js';
import { generateMessage } from './generate-message.js';

/** What a message reserves, and what its tensors take beyond it; undefined for one that is refused. */
function measure(bytes: Buffer): { reserved: number; taken: number } | undefined {
  let reserved = 0;
  try {
    const { inputs } = decodeInferRequest(bytes, (more) => {
      reserved += more;
    });
    const converted = inputs.filter(({ data }) => data.byteLength > 0 && data.buffer !== bytes.buffer);
    return { reserved, taken: converted.reduce((sum, { data }) => sum + data.byteLength, 0) };
  } catch (error) {
    if (error instanceof InferenceError) return undefined;
    throw error;
  }
}

test('what tensors take beyond their message is reserved before, and little more', () => {
  let [reserved, taken] = [0, 0];
  for (let index = 0; index < 4000; index++) {
    const own = Buffer.from(Uint8Array.from(generateMessage(3, index).bytes).buffer); // no pool that others share
    const measured = measure(own);
    if (measured === undefined) continue;
    expect({ index, isCovered: measured.reserved >= measured.taken }).toEqual({ index, isCovered: true });
    reserved += measured.reserved;
    taken += measured.taken;
  }
  expect(taken).toBeGreaterThan(10_000);
  expect(reserved).toBeLessThan(4 * taken); // narrow integers are words first
});

test('a refused reservation converts nothing', () => {
  const varints = Buffer.alloc(1000, 1);
  const contents = Buffer.concat([Buffer.from([0x1a, 0xe8, 0x07]), varints]); // int64_contents
  const tensor = Buffer.concat([Buffer.from('0a01781205494e5436341a02e8072aeb07', 'hex'), contents]);
  const message = Buffer.concat([Buffer.from([0x2a, (tensor.length & 127) | 128, tensor.length >> 7]), tensor]);
  const asked: number[] = [];
  const refuse = (bytes: number): void => {
    asked.push(bytes);
    throw new Error('no room');
  };
  expect(() => decodeInferRequest(message, refuse)).toThrow('no room');
  expect(asked).toEqual([8000]);
});
