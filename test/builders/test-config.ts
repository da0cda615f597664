/** What the chart would have decided. */
import type { RenderConfig } from '../../operator/render/config.js';

export const TEST_CONFIG: RenderConfig = {
  runtimeImage: 'registry.test/runtime@sha256:1',
  imagePullSecrets: [],
  caConfigMap: undefined,
  plainHttpHosts: [],
  hubEndpoint: undefined,
  proxy: {},
};
