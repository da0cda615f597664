/** The calls of GRPCInferenceService that are about models rather than tensors, over the dataplane. */
import type { Buffer } from 'node:buffer';
import type { GRPCInferenceServiceDefinition } from '../../proto/gen/inference/GRPCInferenceService.js';
import { InferenceError } from '../core/inference-error.js';
import type { TensorSpec } from '../core/signature.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import { computeModelStatistics } from '../dataplane/model-statistics.js';

/** From the message to the answer; what is thrown becomes the status. */
type Handler<Definition> = Definition extends {
  requestDeserialize: (bytes: Buffer) => infer Request;
  responseSerialize: (value: infer Response) => Buffer;
}
  ? (request: Request) => Response | Promise<Response>
  : never;

/** Those that are missing are UNIMPLEMENTED. */
export type InferenceHandlers = {
  readonly [Rpc in Exclude<keyof GRPCInferenceServiceDefinition, 'ModelInfer' | 'ModelStreamInfer'>]?: Handler<GRPCInferenceServiceDefinition[Rpc]>;
};

export function newInferenceHandlers(dataplane: Dataplane) {
  return {
    ServerLive: () => ({ live: true }),
    ServerReady: () => ({ ready: dataplane.readiness().isReady }),
    ModelReady: (request) => ({ ready: dataplane.isModelReady(request.name, request.version) }),
    ServerMetadata: () => dataplane.serverMetadata(),
    ModelMetadata: (request) => {
      const { name, versions, platform, signature } = dataplane.modelMetadata(request.name, request.version);
      return { name, versions: [...versions], platform, inputs: signature.inputs.map(toMetadata), outputs: signature.outputs.map(toMetadata) };
    },
    ModelConfig: (request) => ({ config: dataplane.modelConfig(request.name, request.version) }),
    ModelStatistics: (request) => ({ model_stats: dataplane.statistics(request.name, request.version).map(computeModelStatistics) }),
    RepositoryIndex: (request) => {
      if (request.repository_name !== '') throw newNoRepositories(request.repository_name);
      return { models: dataplane.repositoryIndex(request.ready) };
    },
  } satisfies InferenceHandlers;
}

function newNoRepositories(name: string): InferenceError {
  return new InferenceError('UNIMPLEMENTED', `'repository_name' specification is not supported: leave '${name}' away, there is one repository`);
}

function toMetadata(spec: TensorSpec): { name: string; datatype: string; shape: number[] } {
  return { name: spec.name, datatype: spec.datatype, shape: [...spec.shape] };
}
