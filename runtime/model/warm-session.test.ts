import { expect, test } from '@jest/globals';
import { FakeSession } from '../../test/runtime/fake-backend.js';
import { InferenceError } from '../core/inference-error.js';
import type { ModelSignature } from '../core/signature.js';
import type { RunBatch, RunOutcome } from '../dataplane/ports.js';
import { warmSession } from './warm-session.js';

const SIGNATURE: ModelSignature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1], symbols: ['n', 'm'] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1], symbols: ['n'] }],
};

/** In a process that ends at what `kills` says, and starts again. */
class MortalSession extends FakeSession {
  deaths = 0;
  isBack = true;
  readonly whenBack = async (): Promise<void> => {
    if (this.mostDeaths <= this.deaths) throw new Error('given up');
    this.isBack = true;
  };

  constructor(
    readonly kills: (batch: RunBatch) => boolean,
    readonly mostDeaths = 8,
  ) {
    super(SIGNATURE);
  }

  override async run(batch: RunBatch): Promise<RunOutcome> {
    if (!this.isBack) throw new InferenceError('UNAVAILABLE', 'it starts again');
    if (!this.kills(batch)) return await super.run(batch);
    this.deaths += 1;
    this.isBack = false;
    throw new InferenceError('UNAVAILABLE', 'SIGFPE');
  }
}

const isZeros = ({ parts }: RunBatch): boolean => parts[0]?.inputs[0]?.data.every((byte) => byte === 0) === true;

test('a process that dies of zeros is warmed with other numbers', async () => {
  const session = new MortalSession(isZeros);
  const { base, note } = await warmSession(session);
  expect([base?.[0]?.shape, note, session.deaths, session.isBack]).toEqual([[1, 32], undefined, 1, true]);
});

test('one that dies of them too is not tried further, and is there to serve', async () => {
  const session = new MortalSession(() => true);
  expect(await warmSession(session)).toMatchObject({ outputs: [], note: expect.stringContaining('SIGFPE') });
  expect([session.deaths, session.isBack]).toEqual([2, true]);
});

test('one that does not start again is a model that cannot be served', async () => {
  await expect(warmSession(new MortalSession(() => true, 1))).rejects.toMatchObject({
    code: 'WARMUP_FAILED',
    message: expect.stringContaining('given up'),
  });
});
