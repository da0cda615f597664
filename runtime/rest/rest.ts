/** REST twin of the protocol, as far as this version has it: health, readiness, metadata, config and statistics. Inference is gRPC's. */

import { answerJson, type HttpAnswer, type HttpHandler } from '../../lib/http-server.js';
import type { InferenceCode } from '../core/inference-error.js';
import { InferenceError } from '../core/inference-error.js';
import type { TensorSpec } from '../core/signature.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import { computeModelStatistics } from '../dataplane/model-statistics.js';

const HTTP_STATUS: Readonly<Record<InferenceCode, number>> = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  UNAVAILABLE: 503,
  RESOURCE_EXHAUSTED: 429,
  DEADLINE_EXCEEDED: 504,
  CANCELLED: 499,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
};

const MODEL_PATH = /^\/v2\/models\/(?<name>[^/]+)(?:\/versions\/(?<version>[0-9]+))?(?:\/(?<verb>ready|infer|config|stats))?$/;

export function newRestHandler(dataplane: Dataplane): HttpHandler {
  return (request, path): HttpAnswer => {
    try {
      return answer(dataplane, request.method ?? 'GET', path);
    } catch (error) {
      if (!(error instanceof InferenceError)) throw error;
      return answerJson(HTTP_STATUS[error.code], { error: error.message });
    }
  };
}

function answer(dataplane: Dataplane, method: string, path: string): HttpAnswer {
  if (path === '/v2') return answerJson(200, dataplane.serverMetadata());
  if (path === '/v2/health/live') return answerJson(200, { live: true });
  if (path === '/v2/health/ready') {
    const { isReady } = dataplane.readiness();
    return answerJson(isReady ? 200 : 503, { ready: isReady });
  }
  if (path === '/v2/models/stats') return answerStatistics(dataplane, '', '');
  const { name, version = '', verb } = MODEL_PATH.exec(path)?.groups ?? {};
  if (name === undefined) throw new InferenceError('NOT_FOUND', `Nothing is at ${path}`);
  return answerModel(dataplane, method, { name: decodeName(name), version, verb });
}

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw new InferenceError('INVALID_ARGUMENT', `The model's name "${encoded}" in the path is not percent-encoded UTF-8`, { cause });
  }
}

function answerModel(dataplane: Dataplane, method: string, target: { name: string; version: string; verb: string | undefined }): HttpAnswer {
  const { name, version, verb } = target;
  if (verb === 'infer' || method === 'POST') {
    throw new InferenceError(
      'UNIMPLEMENTED',
      'This version of Slipway infers over gRPC only: call inference.GRPCInferenceService/ModelInfer on the gRPC port',
    );
  }
  if (verb === 'ready') {
    const isReady = dataplane.isModelReady(name, version);
    return answerJson(isReady ? 200 : 503, { name, ready: isReady });
  }
  if (verb === 'config') return answerJson(200, dataplane.modelConfig(name, version));
  if (verb === 'stats') return answerStatistics(dataplane, name, version);
  const { versions, platform, signature } = dataplane.modelMetadata(name, version);
  return answerJson(200, { name, versions, platform, inputs: signature.inputs.map(toMetadata), outputs: signature.outputs.map(toMetadata) });
}

function answerStatistics(dataplane: Dataplane, name: string, version: string): HttpAnswer {
  return answerJson(200, { model_stats: dataplane.statistics(name, version).map(computeModelStatistics) });
}

function toMetadata(spec: TensorSpec): { name: string; datatype: string; shape: readonly number[] } {
  return { name: spec.name, datatype: spec.datatype, shape: spec.shape };
}
