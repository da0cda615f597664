/** REST twin of the protocol: health, readiness, metadata, config, statistics and inference. */
import type { IncomingMessage } from 'node:http';

import { answerJson, type HttpAnswer, type HttpHandler } from '../../lib/http-server.js';
import { BudgetHold, ByteBudget } from '../core/byte-budget.js';
import { InferenceError } from '../core/inference-error.js';
import { LIMITS } from '../core/limits.js';
import type { LoadReport } from '../core/load-report.js';
import type { TensorSpec } from '../core/signature.js';
import type { AdminPlane } from '../dataplane/admin-plane.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import { computeModelStatistics } from '../dataplane/model-statistics.js';
import { type RequestWatch, UNWATCHED } from '../dataplane/request-watch.js';
import { answerAdmin } from './admin.js';
import { answerInfer, type InferContext } from './infer.js';
import { computeOpenApi } from './openapi.js';
import { OPENAPI_PAGE } from './openapi-page.js';
import { parseJson } from './parse-json.js';
import { type BodyLimits, readBody } from './read-body.js';
import { readBoolean, readFields } from './read-fields.js';
import { answerError, HttpRefusal } from './status.js';

const MODEL_PATH = /^\/v2\/models\/(?<name>[^/]+)(?:\/versions\/(?<version>[0-9]+))?(?:\/(?<verb>ready|infer|config|stats))?$/;

export interface RestOptions {
  readonly dataplane: Dataplane;
  /** Absent: the calls that change the server are off here. */
  readonly admin?: AdminPlane;
  /** Hears of errors that no client is told about. */
  readonly onUnknown: (error: unknown) => void;
  readonly limits?: BodyLimits;
  /** Shared with other doors of this process; absent: one of its own. */
  readonly budget?: ByteBudget;
  /** Hears of each inference request; absent: nobody does. */
  readonly requests?: RequestWatch;
  /** Present: clients that ask for a load report get one. */
  readonly readLoad?: (model: string, version: string) => LoadReport;
}

export function newRestHandler(options: RestOptions): HttpHandler {
  const { dataplane, admin, onUnknown, limits = LIMITS, requests = UNWATCHED, readLoad, budget = new ByteBudget(LIMITS.inFlightBytes) } = options;
  return async (request, path): Promise<HttpAnswer> => {
    const hold = new BudgetHold(budget);
    const bounds = { ...limits, hold };
    try {
      const context: InferContext = { dataplane, limits: bounds, requests, readLoad };
      const reply = (await answerAdmin({ admin, request, path, limits: bounds })) ?? (await answer(context, request, path));
      return holdAnswer(reply, hold);
    } catch (error) {
      const isKnown = error instanceof HttpRefusal || (error instanceof InferenceError && error.code !== 'INTERNAL');
      if (!isKnown) onUnknown(error);
      hold.release();
      return answerError(error);
    }
  };
}

/** The request is done with; its answer holds its own bytes until the client has taken them, or gone. */
function holdAnswer(reply: HttpAnswer, hold: BudgetHold): HttpAnswer {
  hold.give(hold.held);
  hold.add(Buffer.byteLength(reply.body));
  return { ...reply, onEnd: () => hold.release() };
}

function answer(context: InferContext, request: IncomingMessage, path: string): HttpAnswer | Promise<HttpAnswer> {
  const { dataplane, limits } = context;
  if (path === '/v2') return answerJson(200, dataplane.serverMetadata());
  if (path === '/v2/health/live') return answerJson(200, { live: true });
  if (path === '/v2/health/ready') {
    const { isReady } = dataplane.readiness();
    return answerJson(isReady ? 200 : 503, { ready: isReady });
  }
  if (path === '/openapi.json') return answerJson(200, computeOpenApi(dataplane.options.serverVersion, dataplane.loadedModels()));
  if (path === '/docs') return { status: 200, contentType: 'text/html; charset=utf-8', body: OPENAPI_PAGE };
  if (path === '/v2/models/stats') return answerStatistics(dataplane, '', '');
  if (path === '/v2/models') return answerJson(200, { models: dataplane.modelNames() });
  if (path === '/v2/repository/index') return answerIndex(dataplane, request, limits);
  const { name, version = '', verb } = MODEL_PATH.exec(path)?.groups ?? {};
  if (name === undefined) throw new InferenceError('NOT_FOUND', `Nothing is at ${path}`);
  const model = decodeName(name);
  const method = request.method ?? 'GET';
  if (verb !== 'infer') {
    if (method === 'GET' || method === 'HEAD') return answerModel(dataplane, { name: model, version, verb });
    throw new HttpRefusal(405, `${method} is not known of ${path}: use GET, or POST to …/infer`, { allow: 'GET, HEAD' });
  }
  if (method === 'POST') return answerInfer(context, request, { model, version });
  throw new HttpRefusal(405, `${method} is not known of ${path}: use POST`, { allow: 'POST' });
}

/** A list without a field around it, as Triton answers. */
async function answerIndex(dataplane: Dataplane, request: IncomingMessage, limits: BodyLimits): Promise<HttpAnswer> {
  if (request.method !== 'POST') throw new HttpRefusal(405, `${request.method} is not known of /v2/repository/index: use POST`, { allow: 'POST' });
  const body = await readBody(request, limits);
  const fields = body.byteLength === 0 ? {} : readFields('the request', parseJson(Buffer.from(body).toString()));
  return answerJson(200, dataplane.repositoryIndex(readBoolean('ready', fields['ready']) ?? false));
}

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw new InferenceError('INVALID_ARGUMENT', `The model's name "${encoded}" in the path is not percent-encoded UTF-8`, { cause });
  }
}

function answerModel(dataplane: Dataplane, target: { name: string; version: string; verb: string | undefined }): HttpAnswer {
  const { name, version, verb } = target;
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
