/**
 * Outputs that are sequences, maps or optionals, which no tensor protocol carries: they are taken from the list of outputs,
 * so that the tensors beside them are served. A model that has nothing else is left as it is: it is refused by name at load.
 */
import { readModel } from '../read-model.js';
import { readValueInfo } from '../read-type.js';
import { join, lengthDelimited, spliceMessage } from './splice.js';

export interface DroppedOutputs {
  /** The bytes that came in, when nothing was dropped. */
  readonly bytes: Uint8Array;
  readonly dropped: readonly { readonly name: string; readonly kind: string }[];
}

const FIELD = { graph: 7, output: 12 } as const;

/** Throws OnnxFormatError when the bytes are no ONNX model. */
export function dropOtherOutputs(bytes: Uint8Array): DroppedOutputs {
  const { outputs } = readModel(bytes).graph;
  const dropped = outputs.flatMap(({ name, type }) => (type === undefined || type.kind === 'tensor' ? [] : [{ name, kind: type.kind }]));
  if (dropped.length === 0 || dropped.length === outputs.length) return { bytes, dropped: [] };
  const names = new Set(dropped.map(({ name }) => name));
  const edited = spliceMessage(bytes, 'the model', (field, graph) => {
    if (field !== FIELD.graph) return undefined;
    return lengthDelimited(
      FIELD.graph,
      spliceMessage(graph, 'the graph', (inner, payload) => (inner === FIELD.output && names.has(readValueInfo(payload).name) ? [] : undefined)),
    );
  });
  return { bytes: join(edited), dropped };
}
