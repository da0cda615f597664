/** `slipway infer`: asks a model once. */

import type { WireInferResponse } from '../../runtime/wire/infer-response.js';
import { ClientError } from '../client/client-error.js';
import { findModel } from '../client/find-model.js';
import type { InferenceClient, ModelMetadata } from '../client/inference-client.js';
import { newInferenceClient } from '../client/new-client.js';
import { reportFailure } from '../report-failure.js';
import { formatExample, formatSignature, listTensors } from '../tensors/describe-signature.js';
import { formatAnswer, formatAnswerJson } from './format-answer.js';
import { type InferOptions, parseInferFlags } from './infer-flags.js';
import { type InferPlan, planRequest } from './plan-request.js';
import { saveOutputs } from './save-outputs.js';

/** Resolves with the exit code. */
export async function runInfer(argv: readonly string[]): Promise<number> {
  let client: InferenceClient | undefined;
  try {
    const options = parseInferFlags(argv);
    client = newInferenceClient(options.connection);
    return await ask(client, options, argv);
  } catch (error) {
    return reportFailure('infer', error);
  } finally {
    client?.close();
  }
}

async function ask(client: InferenceClient, options: InferOptions, argv: readonly string[]): Promise<number> {
  const metadata = await findModel(client, options.model, options.version);
  if (options.inputs.sources.size === 0 && metadata.inputs.length > 0) {
    console.log(options.isJson ? JSON.stringify(metadata) : describeModel(metadata, argv));
    return 0;
  }
  const plan = planRequest(metadata, options);
  try {
    await (options.isStream ? askByStream : askOnce)(client, plan, options);
    return 0;
  } catch (error) {
    const isMissing = error instanceof ClientError && error.code === 'INVALID_ARGUMENT' && plan.missing.length > 0;
    if (!isMissing) throw error;
    return reportFailure(
      'infer',
      error,
      `\nNo --input was given for ${plan.missing.join(', ')}. The inputs of ${metadata.name}: ${listTensors(metadata.inputs)}`,
    );
  }
}

async function askOnce(client: InferenceClient, plan: InferPlan, options: InferOptions): Promise<void> {
  const request = client.prepare(plan.request);
  const since = performance.now();
  const answer = await client.infer(request);
  const seconds = (performance.now() - since) / 1000;
  print(answer.decode(), seconds, { plan, options });
}

/** Rejects with the first error of the stream. */
function askByStream(client: InferenceClient, plan: InferPlan, options: InferOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const since = performance.now();
    const stream = client.openStream({
      onAnswer: (answer) => {
        try {
          print(answer.decode(), (performance.now() - since) / 1000, { plan, options });
        } catch (error) {
          reject(error);
          stream.cancel();
        }
      },
      onEnd: (error) => (error === undefined ? resolve() : reject(error)),
    });
    stream.send(client.prepare(plan.request));
    stream.end();
  });
}

function print(answer: WireInferResponse, seconds: number, { plan, options }: { plan: InferPlan; options: InferOptions }): void {
  console.log(options.isJson ? formatAnswerJson(answer, seconds) : formatAnswer(answer, { seconds, classified: plan.classified }));
  if (options.saveFolder === undefined) return;
  for (const path of saveOutputs(options.saveFolder, answer.outputs)) console.error(`Wrote ${path}`);
}

function describeModel(metadata: ModelMetadata, argv: readonly string[]): string {
  return `${formatSignature(metadata)}\n\nFor example:\n  ${formatExample(['infer', ...argv], metadata.inputs)}`;
}
