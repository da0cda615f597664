/** GRPCInferenceService over the dataplane: decode, call, encode, and one place where errors become statuses. */
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import type { GRPCInferenceServiceHandlers } from '../../proto/gen/inference/GRPCInferenceService.js';
import type { ModelInferRequest__Output } from '../../proto/gen/inference/ModelInferRequest.js';
import type { ModelInferResponse } from '../../proto/gen/inference/ModelInferResponse.js';
import { CallState } from '../core/call-state.js';
import { InferenceError } from '../core/inference-error.js';
import type { TensorSpec } from '../core/signature.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import { computeModelStatistics } from '../dataplane/model-statistics.js';
import { decodeInferRequest, encodeInferResponse } from './codec.js';
import { toServiceError } from './status.js';

/** grpc-js answers UNIMPLEMENTED for the others. */
type ImplementedHandlers = Pick<
  GRPCInferenceServiceHandlers,
  | 'ServerLive'
  | 'ServerReady'
  | 'ModelReady'
  | 'ServerMetadata'
  | 'ModelMetadata'
  | 'ModelInfer'
  | 'ModelConfig'
  | 'ModelStatistics'
  | 'RepositoryIndex'
>;

/** `onUnknown` hears of errors that no client is told about. */
export function newInferenceService(dataplane: Dataplane, onUnknown: (error: unknown) => void): ImplementedHandlers {
  const answer = <Request, Response>(handle: (call: ServerUnaryCall<Request, Response>) => Response | Promise<Response>) => {
    return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
      const handled = (async () => await handle(call))();
      handled.then(
        (response) => callback(null, response),
        (error: unknown) => {
          if (!(error instanceof InferenceError) || error.code === 'INTERNAL') onUnknown(error);
          callback(toServiceError(error));
        },
      );
    };
  };
  return {
    ServerLive: answer(() => ({ live: true })),
    ServerReady: answer(() => ({ ready: dataplane.readiness().isReady })),
    ModelReady: answer(({ request }) => ({ ready: dataplane.isModelReady(request.name, request.version) })),
    ServerMetadata: answer(() => dataplane.serverMetadata()),
    ModelMetadata: answer(({ request }) => {
      const { name, versions, platform, signature } = dataplane.modelMetadata(request.name, request.version);
      return { name, versions: [...versions], platform, inputs: signature.inputs.map(toMetadata), outputs: signature.outputs.map(toMetadata) };
    }),
    ModelInfer: answer((call) => infer(dataplane, call)),
    ModelConfig: answer(({ request }) => ({ config: dataplane.modelConfig(request.name, request.version) })),
    ModelStatistics: answer(({ request }) => ({ model_stats: dataplane.statistics(request.name, request.version).map(computeModelStatistics) })),
    RepositoryIndex: answer(({ request }) => {
      if (request.repository_name !== '') throw newNoRepositories(request.repository_name);
      return { models: dataplane.repositoryIndex(request.ready) };
    }),
  };
}

async function infer(dataplane: Dataplane, call: ServerUnaryCall<ModelInferRequest__Output, ModelInferResponse>): Promise<ModelInferResponse> {
  const state = new CallState();
  // Also when the deadline passes: grpc-js then answers DEADLINE_EXCEEDED itself and cancels the call.
  call.on('cancelled', () => state.abandon());
  const response = await dataplane.infer({ ...decodeInferRequest(call.request), call: state });
  return encodeInferResponse(response, call.request);
}

function newNoRepositories(name: string): InferenceError {
  return new InferenceError('UNIMPLEMENTED', `'repository_name' specification is not supported: leave '${name}' away, there is one repository`);
}

function toMetadata(spec: TensorSpec): { name: string; datatype: string; shape: number[] } {
  return { name: spec.name, datatype: spec.datatype, shape: [...spec.shape] };
}
