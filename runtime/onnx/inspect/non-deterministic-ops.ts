/** Operators whose answer differs from run to run, or may: such a model's answers are never cached. */
import { ELEM, type OnnxModel, type OnnxNode } from '../onnx-model.js';
import { isRandom } from '../op-facts.js';
import { walkNodes } from '../read-model.js';

export interface NonDeterministicOp {
  readonly opType: string;
  readonly node: string;
}

const MAX_NAMED = 20;

/** The first twenty by order in the file. A seed does not help: it fixes a sequence, not an answer. */
export function findNonDeterministicOps(model: OnnxModel): readonly NonDeterministicOp[] {
  const constants = falseConstants(model);
  const found: NonDeterministicOp[] = [];
  for (const node of walkNodes(model)) {
    if (found.length < MAX_NAMED && (isRandom(node) || mayDrop(node, model, constants))) found.push({ opType: node.opType, node: node.name });
  }
  return found;
}

/** Dropout in training mode: an attribute before opset 7, an input from 12 on. What is computed may be true. */
function mayDrop(node: OnnxNode, model: OnnxModel, constants: ReadonlySet<string>): boolean {
  if (node.opType !== 'Dropout' || node.domain !== '') return false;
  if ((model.opsets.get('') ?? 0) < 7) return node.attributes.get('is_test')?.int !== 1n;
  const training = node.inputs[2] ?? '';
  return training !== '' && !constants.has(training);
}

function falseConstants(model: OnnxModel): ReadonlySet<string> {
  const overridable = new Set(model.irVersion >= 4 ? model.graph.inputs.map(({ name }) => name) : []);
  const initial = model.graph.initializers.filter(({ name }) => !overridable.has(name)).map((tensor) => ({ name: tensor.name, tensor }));
  const made = [...walkNodes(model)].flatMap((node) => {
    const tensor = node.opType === 'Constant' ? node.attributes.get('value')?.tensor : undefined;
    return tensor === undefined ? [] : [{ name: node.outputs[0] ?? '', tensor }];
  });
  const isFalse = ({ tensor }: (typeof initial)[number]) => tensor.dataType === ELEM.BOOL && tensor.values?.length === 1 && tensor.values[0] === 0n;
  return new Set([...initial, ...made].filter(isFalse).map(({ name }) => name));
}
