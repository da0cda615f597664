/** Operators that stock ONNX Runtime cannot have, so that a model is refused by their names and not by a stack of C++ text. */
import type { OnnxModel } from '../onnx-model.js';
import { walkNodes } from '../read-model.js';

export interface CustomOp {
  readonly domain: string;
  readonly opType: string;
  readonly count: number;
}

const STOCK: ReadonlySet<string> = new Set([
  '',
  'ai.onnx.ml',
  'ai.onnx.training',
  'ai.onnx.preview',
  'ai.onnx.preview.training',
  'com.microsoft',
  'com.microsoft.nchwc',
  'com.microsoft.nhwc',
  'com.ms.internal.nhwc',
  'org.pytorch.aten',
]);

const MAX_NAMED = 20;

/** The first twenty by order in the file; operators that the model defines itself, as local functions, are none. */
export function findCustomOps(model: OnnxModel): readonly CustomOp[] {
  const local = new Set(model.functions.map(({ domain, name }) => `${domain}.${name}`));
  const found = new Map<string, CustomOp>();
  for (const { domain, opType } of walkNodes(model)) {
    const key = `${domain}.${opType}`;
    if (STOCK.has(domain) || local.has(key)) continue;
    const known = found.get(key);
    if (known !== undefined || found.size < MAX_NAMED) found.set(key, { domain, opType, count: (known?.count ?? 0) + 1 });
  }
  return [...found.values()];
}
