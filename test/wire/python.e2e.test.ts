import { beforeAll, expect, test } from '@jest/globals';
import { encodeInferResponse } from '../../runtime/wire/infer-response.js';
import { joinMessage } from '../../runtime/wire/wire-writer.js';
import { hasContents } from '../../runtime/wire/write-contents.js';
import { ensurePythonVenv } from '../runtime/python-venv.js';
import { canonicalOf } from './canonical.js';
import { compareWithPython } from './compare.js';
import { generateAnswer } from './generate-answer.js';
import { readWithPython } from './python-oracle.js';

let python: string;
beforeAll(async () => {
  python = await ensurePythonVenv();
}, 600_000);

test('5,000 messages mean the same to us and to Python protobuf', async () => {
  const { differences, messages, accepted, refusedAsProtobuf, compared } = await compareWithPython(python, 2, 0, 5000);
  expect(differences).toEqual([]);
  expect(messages).toBe(5000);
  expect(compared).toBeGreaterThan(4800);
  expect(accepted).toBeGreaterThan(2000);
  expect(refusedAsProtobuf).toBeGreaterThan(1000);
});

test('Python protobuf reads our responses as they were meant', async () => {
  const answers = Array.from({ length: 1000 }, (_, index) => generateAnswer(5, index));
  const lines = await readWithPython(
    python,
    answers.map(({ answer, request }) => joinMessage(encodeInferResponse(answer, request))),
    'responses',
  );
  for (const [index, { answer, request }] of answers.entries()) {
    const isTyped = request.isTyped && answer.outputs.length > 0 && answer.outputs.every(({ datatype }) => hasContents(datatype));
    const inputs = answer.outputs.map((output) => ({ ...output, parameters: output.parameters ?? new Map() }));
    expect(lines[index]).toBe(
      canonicalOf({ ...answer, parameters: answer.parameters ?? new Map(), id: request.id, isTyped, inputs, outputs: [] }, 'kept'),
    );
  }
});
