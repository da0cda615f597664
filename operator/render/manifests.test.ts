/** Every manifest as it goes to the API server, beside golden files in test/golden/operator. SLIPWAY_UPDATE_GOLDENS=1 writes them anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { DIGEST_A, type ModelDeploymentBuilder, makeModelDeployment } from '../../test/builders/model-deployment.js';
import { TEST_CONFIG } from '../../test/builders/test-world.js';
import { completeSpec } from '../api/defaults.js';
import type { KubeObject } from '../ports.js';
import { viewRevision } from '../view/revision-view.js';
import type { RenderConfig } from './config.js';
import { renderNewRevision } from './controller-revision.js';
import { renderDeployment } from './deployment.js';
import { renderDisruptionBudget } from './disruption-budget.js';
import { renderResolverPod } from './resolver-pod.js';
import { renderServiceAccount } from './service-account.js';
import { renderModelService, renderRevisionService } from './services.js';

const GOLDENS = join('test', 'golden', 'operator');
const MODEL = { name: 'reader', namespace: 'shop', uid: 'uid-reader' };

const BEHIND_WALLS: RenderConfig = {
  runtimeImage: 'mirror.test/slipway/runtime@sha256:2',
  imagePullSecrets: ['mirror'],
  caConfigMap: 'private-ca',
  plainHttpHosts: ['registry.test:5000', 'files.test'],
  hubEndpoint: 'https://hub.test/mirror',
  proxy: { HTTPS_PROXY: 'http://proxy.test:3128', NO_PROXY: '.svc,10.0.0.0/8' },
};

const everything = makeModelDeployment()
  .model({ version: '4', secretRef: { name: 'registry' } })
  .spec({
    runtime: {
      resources: { requests: { cpu: '1500m' }, limits: { memory: '2Gi' } },
      env: [
        { name: 'OMP_WAIT_POLICY', value: 'PASSIVE' },
        { name: 'EMPTY', value: '' },
      ],
    },
    accelerator: { vendor: 'nvidia', count: 2, products: ['NVIDIA-L4', 'NVIDIA-A10', 'NVIDIA-T4'] },
  })
  .replicas(3);

const CASES: readonly { readonly name: string; readonly model: ModelDeploymentBuilder; readonly config: RenderConfig }[] = [
  { name: 'smallest', model: makeModelDeployment(), config: TEST_CONFIG },
  { name: 'everything', model: everything, config: BEHIND_WALLS },
  {
    name: 'hub',
    model: makeModelDeployment()
      .uri('hf://acme/reader/onnx@main')
      .model({ secretRef: { name: 'hub' } }),
    config: BEHIND_WALLS,
  },
  { name: 'amd', model: makeModelDeployment().spec({ accelerator: { vendor: 'amd' } }), config: TEST_CONFIG },
];

function render({ model, config }: (typeof CASES)[number]): KubeObject[] {
  const spec = completeSpec(model.obj().spec);
  const sourceRevision = spec.model.uri.startsWith('hf://') ? 'c'.repeat(40) : undefined;
  const revision = renderNewRevision({ model: MODEL, spec, digest: DIGEST_A, sourceRevision, number: 1, config });
  const view = viewRevision(revision);
  return [
    renderServiceAccount(MODEL.namespace),
    renderResolverPod({ model: MODEL, spec, config, serial: 1, generation: 1, attempt: 1 }),
    revision,
    renderDeployment(MODEL, view, spec.replicas),
    renderModelService(MODEL, view.name),
    renderRevisionService(MODEL, view.name),
    renderDisruptionBudget(MODEL, view.name),
  ];
}

describe('manifests', () => {
  test.each(CASES)('$name', (row) => {
    const path = join(GOLDENS, `${row.name}.yaml`);
    const text = render(row)
      .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }))
      .join('---\n');
    if (process.env['SLIPWAY_UPDATE_GOLDENS'] === '1') {
      mkdirSync(GOLDENS, { recursive: true });
      writeFileSync(path, text);
    }
    expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe(text);
  });

  test('an upgrade of the operator renders the same Deployment from the stored revision', () => {
    const spec = completeSpec(everything.obj().spec);
    const stored = viewRevision(
      renderNewRevision({ model: MODEL, spec, digest: DIGEST_A, sourceRevision: undefined, number: 1, config: TEST_CONFIG }),
    );
    const later = viewRevision(
      renderNewRevision({ model: MODEL, spec, digest: DIGEST_A, sourceRevision: undefined, number: 1, config: BEHIND_WALLS }),
    );
    expect(later.name).toBe(stored.name);
    expect(JSON.stringify(renderDeployment(MODEL, stored, 1))).toContain(TEST_CONFIG.runtimeImage);
  });
});
