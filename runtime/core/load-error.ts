/** Sorts ONNX Runtime's refusals into the codes of contract/termination.ts, keeping its own words. */
import type { TerminationCode, TerminationStage } from '../../contract/termination.js';
import { InferenceError } from './inference-error.js';

export class LoadError extends Error {
  override readonly name = 'LoadError';
  constructor(
    readonly code: TerminationCode,
    readonly stage: TerminationStage,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Tried in order; the first pattern that occurs in the text decides. */
const PATTERNS: readonly (readonly [RegExp, TerminationCode])[] = [
  [
    /executionProviders\[\d+\] is unsupported|AppendExecutionProvider|libonnxruntime_providers|CUDA failure|no CUDA-capable device/i,
    'PROVIDER_MISSING',
  ],
  [/not a registered function\/op|NOT_IMPLEMENTED|Could not find an implementation|Unsupported data type|bfloat16/i, 'OP_UNSUPPORTED'],
];

export function classifyLoadError(text: string): TerminationCode {
  return PATTERNS.find(([pattern]) => pattern.test(text))?.[1] ?? 'MODEL_INVALID';
}

/** `void onnxruntime::a::B(const std::vector<int>&, bool) `: it takes the place of the words that matter. */
const CPP_SIGNATURE = /\b(?:static )?(?:void|bool|(?:onnxruntime::)?common::Status) onnxruntime::[\w:~]+\([^()]*\) (?:const )?/g;

/** ONNX Runtime's text on one line, without the source paths and the C++ signatures of its own build. */
export function cleanRuntimeText(text: string): string {
  return text
    .replace(/\/onnxruntime_src\/\S+:\d+ /g, '')
    .replace(CPP_SIGNATURE, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * What a failed run may tell the client: the node and its operator. ONNX Runtime's further words can quote values
 * (an index out of bounds), and tensor content never leaves the process. A model that ran at warm-up and fails at a node
 * fails because of the inputs.
 */
export function newRunError(model: string, text: string): InferenceError {
  if (/bad_alloc|Failed to allocate|out of memory/i.test(text)) {
    return new InferenceError('RESOURCE_EXHAUSTED', `model '${model}' ran out of memory on inputs of these shapes`);
  }
  const node = /while running (\S+) node\. Name:'([^']*)'/.exec(text);
  if (node === null) return new InferenceError('INTERNAL', `ONNX Runtime could not run model '${model}'`);
  return new InferenceError(
    'INVALID_ARGUMENT',
    `model '${model}' cannot compute these inputs: ONNX Runtime failed at node '${node[2]}' (${node[1]})`,
  );
}
