/** What the chart decides for every pod. Goes into new revisions only: those that exist keep the template they were made with. */
export interface RenderConfig {
  readonly runtimeImage: string;
  readonly imagePullSecrets: readonly string[];
  /** ConfigMap with the key ca.crt, in the model's namespace. */
  readonly caConfigMap: string | undefined;
  readonly plainHttpHosts: readonly string[];
  readonly proxy: Readonly<Partial<Record<'HTTP_PROXY' | 'HTTPS_PROXY' | 'NO_PROXY', string>>>;
}
