/** The hand-written decoder against protobufjs and Python protobuf: 20 messages for each run of the long suite, 10⁵ when nothing else is said. */
import { expect, test } from '@jest/globals';
import { ensurePythonVenv } from '../runtime/python-venv.js';
import { compareWithProtobufjs, compareWithPython } from '../wire/compare.js';
import { LONG_TEST_TIMEOUT_MS, longParameters } from './parameters.js';

const MESSAGES_PER_RUN = 20;
/** At once in memory, and through one Python. */
const SLICE = 10_000;

const { seed, numRuns } = longParameters();
const total = numRuns * MESSAGES_PER_RUN;
const slices = Array.from({ length: Math.ceil(total / SLICE) }, (_, index) => index * SLICE);

test(
  'protobufjs reads every well-formed message alike',
  () => {
    for (const from of slices) expect(compareWithProtobufjs(seed, from, Math.min(SLICE, total - from)).differences).toEqual([]);
  },
  LONG_TEST_TIMEOUT_MS,
);

test(
  'Python protobuf reads every message alike',
  async () => {
    const python = await ensurePythonVenv();
    for (const from of slices) expect((await compareWithPython(python, seed, from, Math.min(SLICE, total - from))).differences).toEqual([]);
  },
  LONG_TEST_TIMEOUT_MS,
);
