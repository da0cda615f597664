import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DIGEST_A, makeModelDeployment } from '../../test/builders/model-deployment.js';
import { TEST_CONFIG } from '../../test/builders/test-world.js';
import { completeSpec } from '../api/defaults.js';
import { isRecord, type Json } from '../view/json.js';
import type { RenderConfig } from './config.js';
import { describeChanges } from './describe-changes.js';
import { normalTemplate, templateId } from './normal-template.js';
import { renderServingTemplate } from './serving-template.js';

const MODEL = { name: 'reader', namespace: 'shop', uid: 'uid-reader' };
const gpu = makeModelDeployment()
  .model({ secretRef: { name: 'registry' } })
  .spec({
    accelerator: { vendor: 'nvidia', count: 2 },
    runtime: {
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
      resources: { limits: { memory: '2Gi' } },
    },
  });

function render(config: Partial<RenderConfig> = {}, revision = 'reader-11111111'): Json {
  return renderServingTemplate({
    model: MODEL,
    spec: completeSpec(gpu.obj().spec),
    digest: DIGEST_A,
    sourceRevision: undefined,
    revision,
    config: { ...TEST_CONFIG, ...config },
  });
}

/** The template with one place changed; the path's numbers are places in lists. */
function changed(change: (pod: Draft) => void): Json {
  const copy: { spec: Draft } & Json = JSON.parse(JSON.stringify(render()));
  change(copy.spec);
  return copy;
}

interface Draft {
  terminationGracePeriodSeconds: number;
  containers: [DraftContainer, ...DraftContainer[]];
  initContainers: DraftContainer[];
  volumes: { name: string; [field: string]: unknown }[];
  [field: string]: unknown;
}
interface DraftContainer {
  name: string;
  args: string[];
  env: { name: string; value?: string }[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  [field: string]: unknown;
}

describe('what changes, in words', () => {
  test.each<{ name: string; after: Json; want: string[] }>([
    { name: 'nothing', after: render(), want: [] },
    { name: 'the revision alone', after: render({}, 'reader-22222222'), want: [] },
    {
      name: 'the image of both containers',
      after: render({ runtimeImage: `registry.test/runtime@sha256:${'2'.repeat(64)}` }),
      want: ['image registry.test/runtime@sha256:1 → registry.test/runtime@sha256:222222222222'],
    },
    {
      name: 'the image of one',
      after: changed(({ containers: [runtime] }) => Object.assign(runtime, { image: 'other:2' })),
      want: ['image registry.test/runtime@sha256:1 → other:2'],
    },
    {
      name: 'flags, one with another value',
      after: changed(({ containers: [runtime] }) => {
        runtime.args[runtime.args.indexOf('10')] = '15';
        runtime.args.push('--x');
      }),
      want: ['container runtime: args +--x --drain-delay 10 → 15'],
    },
    {
      name: 'a flag gone',
      after: changed(({ containers: [runtime] }) => runtime.args.splice(runtime.args.indexOf('--accelerator'), 2)),
      want: ['container runtime: args -(--accelerator nvidia)'],
    },
    {
      name: 'flags in another order, which may mean something',
      after: changed(({ containers: [runtime] }) => runtime.args.push(...runtime.args.splice(2, 2))),
      want: ['container runtime: args: another order'],
    },
    {
      name: 'a variable more, one less, one with another value',
      after: changed(({ containers: [runtime] }) => {
        runtime.env = [{ name: 'A', value: '9' }, ...runtime.env.filter(({ name }) => name !== 'A' && name !== 'B'), { name: 'Y', value: 'yes' }];
      }),
      want: ['container runtime: env A 1 → 9, env -B, env +Y yes'],
    },
    {
      name: 'proxy and certificate authority',
      after: render({ proxy: { HTTPS_PROXY: 'http://proxy.test:3128' }, caConfigMap: 'ca' }),
      want: [
        'container fetch: args +--ca-bundle /var/run/slipway/ca/ca.crt, env +HTTPS_PROXY http://proxy.test:3128, volumeMounts +/var/run/slipway/ca',
        'volumes +ca-bundle',
      ],
    },
    {
      name: 'a number',
      after: changed((pod) => Object.assign(pod, { terminationGracePeriodSeconds: 60 })),
      want: ['terminationGracePeriodSeconds 45 → 60'],
    },
    { name: 'a pull secret', after: render({ imagePullSecrets: ['mirror'] }), want: ['+imagePullSecrets'] },
    {
      name: 'a container',
      after: changed((pod) => pod.initContainers.push({ ...pod.containers[0], name: 'optimize' })),
      want: ['+container optimize'],
    },
    {
      name: 'a limit',
      after: changed(({ containers: [runtime] }) => Object.assign(runtime.resources.limits, { memory: '3Gi' })),
      want: ['container runtime: resources.limits.memory 2Gi → 3Gi'],
    },
  ])('$name', ({ after, want }) => {
    expect(describeChanges(render(), after)).toEqual(want);
    expect(templateId(after) === templateId(render())).toBe(want.length === 0);
  });

  test.each<{ name: string; after: Json }>([
    { name: 'variables in another order', after: changed(({ containers: [runtime] }) => runtime.env.reverse()) },
    { name: 'volumes in another order', after: changed((pod) => pod.volumes.reverse()) },
    {
      name: 'a quantity in another form',
      after: changed(({ containers: [runtime] }) => Object.assign(runtime.resources.limits, { memory: '2048Mi' })),
    },
    { name: 'keys in another order', after: Object.fromEntries(Object.entries(render()).reverse()) },
  ])('says nothing of $name', ({ after }) => {
    expect(describeChanges(render(), after)).toEqual([]);
    expect(templateId(after)).toBe(templateId(render()));
  });

  test('says of a proxy neither the name nor the password', () => {
    const at = (user: string): Json => render({ proxy: { HTTPS_PROXY: `http://${user}@proxy.test:3128` } });
    expect(describeChanges(render(), at('me:hunter2'))).toEqual(['container fetch: env +HTTPS_PROXY http://…@proxy.test:3128']);
    expect(describeChanges(at('me:hunter2'), at('me:hunter3'))).toEqual(['container fetch: env HTTPS_PROXY has another value']);
    expect(describeChanges(at('me:hunter2'), at('me:hunt/r@3')).join()).not.toContain('hunt');
  });

  test('variables that refer to others stand in an order that counts', () => {
    const refer = (order: (env: DraftContainer['env']) => void): Json =>
      changed(({ containers: [runtime] }) => {
        runtime.env.push({ name: 'C', value: '$(A)/c' });
        order(runtime.env);
      });
    expect(
      describeChanges(
        refer(() => undefined),
        refer((env) => env.reverse()),
      ),
    ).toEqual(['container runtime: env: another order']);
  });
});

/** Lists whose items are told apart, and values of every kind: whatever a later version may render. */
const anyTemplate = fc.record({
  metadata: fc.record({ labels: fc.dictionary(fc.constantFrom('a', 'b', 'slipway.dev/revision'), fc.string()) }, { requiredKeys: [] }),
  spec: fc.record(
    {
      hostIPC: fc.boolean(),
      containers: fc.uniqueArray(
        fc.record(
          {
            name: fc.constantFrom('runtime', 'fetch', 'x'),
            image: fc.constantFrom('a', 'b'),
            args: fc.array(fc.constantFrom('serve', '--a', '--b', '1', '2')),
            env: fc.uniqueArray(fc.record({ name: fc.constantFrom('A', 'B', 'C'), value: fc.constantFrom('1', '$(A)') }), {
              selector: ({ name }) => name,
            }),
            resources: fc.record({ limits: fc.dictionary(fc.constantFrom('cpu', 'memory'), fc.constantFrom('1', '1000m', '2')) }),
          },
          { requiredKeys: ['name'] },
        ),
        { selector: ({ name }) => name },
      ),
      initContainers: fc.uniqueArray(fc.record({ name: fc.constantFrom('p', 'q', 'r') }), { selector: ({ name }) => name }),
      tolerations: fc.array(fc.jsonValue({ maxDepth: 1 })),
      affinity: fc.jsonValue({ maxDepth: 3 }),
    },
    { requiredKeys: [] },
  ),
});

describe('for any two templates', () => {
  test('there is something to say exactly when their ids differ', () => {
    fc.assert(
      fc.property(anyTemplate, anyTemplate, (a, b) => {
        expect(describeChanges(a, b).length > 0).toBe(templateId(a) !== templateId(b));
      }),
      { numRuns: 500 },
    );
  });

  test('nothing is said of one against itself, nor of its normal form', () => {
    fc.assert(
      fc.property(anyTemplate, (template) => {
        expect(describeChanges(template, JSON.parse(JSON.stringify(template)))).toEqual([]);
        expect(describeChanges(normalTemplate(template), template)).toEqual([]);
        expect(isRecord(normalTemplate(template))).toBe(true);
      }),
    );
  });
});
