import type { CompleteSpec } from '../api/defaults.js';

/** What the chart decides for every pod. Goes into new revisions only: those that exist keep the template they were made with. */
export interface RenderConfig {
  readonly runtimeImage: string;
  readonly imagePullSecrets: readonly string[];
  /** ConfigMap with the key ca.crt, in the model's namespace. */
  readonly caConfigMap: string | undefined;
  readonly plainHttpHosts: readonly string[];
  /** Hub of hf:// models in place of huggingface.co. */
  readonly hubEndpoint: string | undefined;
  readonly proxy: Readonly<Partial<Record<'HTTP_PROXY' | 'HTTPS_PROXY' | 'NO_PROXY', string>>>;
}

/** Of no other model: a setting that it does not use makes it no update. */
export function hubEndpointFor({ model }: CompleteSpec, { hubEndpoint }: RenderConfig): string | undefined {
  return model.uri.startsWith('hf://') ? hubEndpoint : undefined;
}
