/** What null servers answer: a message like a model's, made once. */
import { loadInferenceService } from '../../proto/load.js';

/** Serialised, without gRPC's prefix. `values`: FP32 values in the answer. */
export function makeNullAnswer(values: number): Buffer {
  return loadInferenceService().ModelInfer.responseSerialize({
    model_name: 'bench',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, values] }],
    raw_output_contents: [Buffer.alloc(4 * values)],
  });
}
