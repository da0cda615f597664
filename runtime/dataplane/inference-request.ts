/** What the transports hand to the dataplane, and get back. */
import type { CallState } from '../core/call-state.js';
import type { Parameters } from '../core/parameters.js';
import type { Tensor, UncheckedTensor } from '../core/tensor.js';
import type { InferenceStatistics } from './inference-statistics.js';
import type { RequestRecord } from './request-record.js';

export interface RequestedInput extends UncheckedTensor {
  readonly parameters: Parameters;
}

export interface RequestedOutput {
  readonly name: string;
  readonly parameters: Parameters;
}

export interface InferRequest {
  readonly model: string;
  /** '' for the latest that is ready. */
  readonly version: string;
  readonly parameters: Parameters;
  readonly inputs: readonly RequestedInput[];
  /** Empty: every output of the model. */
  readonly outputs: readonly RequestedOutput[];
  readonly call: CallState;
  /** On the clock of the process: nobody wants the answer afterwards. */
  readonly deadlineSeconds?: number;
  /** Present while somebody watches requests. */
  readonly record?: RequestRecord;
}

/** An output; where it lies in shared memory, `data` is empty and `parameters` say where. */
export interface AnsweredOutput extends Tensor {
  readonly parameters?: Parameters;
}

export interface InferResponse {
  readonly model: string;
  readonly version: string;
  readonly outputs: readonly AnsweredOutput[];
  /** Whose time it is that writing the message takes. */
  readonly statistics: InferenceStatistics;
}
