/** The list of operators that may see tensors without elements holds for the ONNX Runtime that ships. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from '@jest/globals';
import { TAKES_EMPTY } from '../../runtime/onnx/inspect/empty-tensors.js';
import { INT64, makeOnnxModel, type TestModel } from '../builders/onnx-model.js';
import { EMPTY_MODELS } from './empty-models.js';

const SIZES: Readonly<Record<string, number>> = { n: 2, m: 4, c: 4, h: 6, w: 6, s: 3, k: 2 };
const RUNNER = join(import.meta.dirname, 'empty-runner.js');

/** With every dimension as it is, then each and all of them 0. */
function casesOf(op: string, model: TestModel): { what: string; line: string }[] {
  const names = [...new Set(model.inputs.flatMap(({ shape }) => shape ?? []).filter((dim) => typeof dim === 'string'))];
  const bytes = Buffer.from(makeOnnxModel(model)).toString('base64');
  return [[], ...names.map((name) => [name]), names].map((zero) => {
    const inputs = model.inputs.map(({ name, shape = [], elemType }) => ({
      name,
      type: elemType === INT64 ? 'int64' : 'float32',
      shape: shape.map((dim) => (typeof dim === 'number' ? dim : zero.includes(dim ?? '') ? 0 : (SIZES[dim ?? ''] ?? 1))),
    }));
    return { what: `${op} ${JSON.stringify(inputs.map(({ shape }) => shape))}`, line: JSON.stringify({ model: bytes, inputs, outputs: ['y'] }) };
  });
}

function run(lines: readonly string[]): { replies: string[]; signal: string | null } {
  const { stdout, signal } = spawnSync(process.execPath, [RUNNER], { input: `${lines.join('\n')}\n`, encoding: 'utf8', timeout: 120_000 });
  return { replies: stdout.split('\n').slice(0, -1), signal };
}

test('every operator on the list lives through every dimension of 0', () => {
  expect([...new Set(EMPTY_MODELS.map(([op]) => op))].sort()).toEqual([...TAKES_EMPTY].sort());
  const cases = EMPTY_MODELS.flatMap(([op, model]) => casesOf(op, model));
  const { replies, signal } = run(cases.map(({ line }) => line));
  expect({ died: signal === null ? '' : cases[replies.length]?.what, signal }).toEqual({ died: '', signal: null });
  expect(replies).toHaveLength(cases.length);
  const broken = replies.flatMap((reply, index) => (reply.startsWith('broken') ? [`${cases[index]?.what} ${reply}`] : []));
  expect(broken).toEqual([]);
  expect(replies.filter((reply) => reply === 'ran').length).toBeGreaterThan(cases.length / 2);
}, 180_000);

test('a kernel that is not on the list does end the process', () => {
  const topK: TestModel = {
    nodes: [{ op: 'TopK', inputs: ['x', 'k'], outputs: ['y', 'i'] }],
    inputs: [{ name: 'x', shape: ['n', 4] }],
    outputs: [{ name: 'y' }],
    initializers: [{ name: 'k', dims: [1], elemType: INT64, values: [2] }],
  };
  const [whole, empty] = casesOf('TopK', topK);
  expect(run([whole?.line ?? '', empty?.line ?? ''])).toEqual({ replies: ['ran'], signal: 'SIGFPE' });
});
