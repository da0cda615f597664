/** What a ready pod says of itself on /statusz. */
import type { Statusz } from '../../contract/statusz.js';
import { DIGEST_A } from './model-deployment.js';

export const REPORT: Statusz = {
  version: '0.1.0',
  onnxruntime: '1.30.0',
  threads: 2,
  instances: 1,
  models: [
    {
      name: 'reader',
      version: '1',
      state: 'Ready',
      reason: '',
      format: 'onnx',
      digest: DIGEST_A,
      contentDigest: `sha256:${'c'.repeat(64)}`,
      bytes: 1234,
      verifiedAt: '2026-01-01T00:00:00.000Z',
      signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }], outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 10] }] },
      provider: 'cpu',
      seconds: { download: 1.5, load: 0.2, warmup: 0.1 },
    },
  ],
};
