/** The commands against the in-memory cluster, in which the operator itself runs too: both must say the same. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeTransport } from '../../lib/kube/transport.js';
import { KINDS } from '../../operator/api/kinds.js';
import { DIGEST_A, makeModelDeployment } from '../../test/builders/model-deployment.js';
import { TEST_CONFIG, TestWorld } from '../../test/builders/test-world.js';
import type { FakeHttpServer } from '../../test/fakes/http-server.js';
import { newWorldServer } from '../../test/fakes/world-server.js';
import type { Cluster } from './cluster-flags.js';
import { parsePlanFlags, planUpgrade } from './plan-command.js';
import { parseUpdateFlags, updateModels } from './update-command.js';
import { formatReport } from './upgrade-report.js';

const NEXT_IMAGE = 'registry.test/runtime@sha256:2';
const RELEASE = { namespace: 'slipway-system', name: 'slipway' };

let world: TestWorld;
let server: FakeHttpServer;
let cluster: Cluster;

beforeEach(async () => {
  world = new TestWorld();
  server = await newWorldServer(world.cluster).listen();
  cluster = { transport: new KubeTransport(server.access(), { userAgent: 'slipway-test' }), namespace: 'shop' };
});
afterEach(async () => {
  await cluster.transport.close();
  await server.close();
});

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: object;
}

function install(env: readonly Variable[] = [{ name: 'SLIPWAY_RUNTIME_IMAGE', value: TEST_CONFIG.runtimeImage }], at = RELEASE): void {
  world.cluster.create(KINDS.deployment, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...at, labels: { 'app.kubernetes.io/component': 'operator', 'app.kubernetes.io/name': 'slipway' } },
    // no pods: the simulated cluster knows those of models alone
    spec: { replicas: 0, template: { spec: { containers: [{ name: 'operator', env }] } } },
  });
}

async function serve(...names: string[]): Promise<void> {
  for (const name of names) world.create(makeModelDeployment(name).digest(DIGEST_A).obj());
  await world.settle();
}

async function upgrade(runtimeImage = NEXT_IMAGE): Promise<void> {
  world.config = { ...world.config, runtimeImage };
  await world.settle();
}

const plan = (...argv: string[]) => planUpgrade(cluster, parsePlanFlags(['--operator-upgrade', ...argv]));

async function update(...argv: string[]): Promise<string[]> {
  const said: string[] = [];
  await updateModels(cluster, parseUpdateFlags(argv), (line) => said.push(line));
  return said;
}

describe('plan --operator-upgrade', () => {
  test('has nothing to list where nothing would change', async () => {
    install();
    await serve('reader', 'writer', 'speaker');
    const report = await plan();
    expect(report).toMatchObject({ operator: 'slipway-system/slipway', models: 3, updates: [], refusedConsents: [] });
    expect(formatReport(report)).toMatch(/^Slipway .* would render all 3 ModelDeployments as they are\.$/);
  });

  test('says before an upgrade what the operator will offer after it', async () => {
    install();
    await serve('reader', 'writer', 'speaker');
    const { updates } = await plan('--runtime-image', NEXT_IMAGE);
    await upgrade();
    const want = ['reader', 'speaker', 'writer'].map((name) => {
      const { update: offered, columns } = world.model(name).status ?? {};
      return { namespace: 'shop', name, revision: columns?.revision, update: offered?.id, changes: offered?.changes };
    });
    expect(updates).toEqual(want);
    expect(updates[0]?.changes).toEqual(['image registry.test/runtime@sha256:1 → registry.test/runtime@sha256:2']);
  });

  test('as a table that ends with what to do', async () => {
    install();
    await serve('reader', 'writer');
    const [head, first] = formatReport(await plan('writer', '--runtime-image', NEXT_IMAGE)).split('\n');
    expect(head).toMatch(/^NAMESPACE +NAME +REVISION +UPDATE +CHANGES$/);
    expect(first).toMatch(
      /^shop +writer +writer-[0-9a-f]{8} +[0-9a-f]{8} +image registry\.test\/runtime@sha256:1 → registry\.test\/runtime@sha256:2$/,
    );
    expect(formatReport(await plan('--runtime-image', NEXT_IMAGE))).toContain('would render 2 of 2 ModelDeployments otherwise');
  });

  test('takes settings as the process of the operator sees them', async () => {
    world.cluster.create(KINDS.service, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'default', name: 'kubernetes' },
      spec: { clusterIP: '10.96.0.1', ports: [{ port: 443 }] },
    });
    install([
      { name: 'SLIPWAY_POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'SLIPWAY_RUNTIME_IMAGE', value: TEST_CONFIG.runtimeImage },
      { name: 'HTTPS_PROXY', value: 'http://proxy.test:3128' },
      { name: 'NO_PROXY', value: '.svc,$(KUBERNETES_SERVICE_HOST)' },
    ]);
    world.config = { ...TEST_CONFIG, proxy: { HTTPS_PROXY: 'http://proxy.test:3128', NO_PROXY: '.svc,10.96.0.1' } };
    await serve('reader');
    expect((await plan()).updates).toEqual([]);
    const [changed] = (await plan('--set-env', 'HTTPS_PROXY=http://other.test', '--set-env', 'NO_PROXY=')).updates;
    expect(changed?.changes).toEqual(['container fetch: env HTTPS_PROXY http://proxy.test:3128 → http://other.test, env -NO_PROXY']);
  });

  test('lists consents that the next operator would not carry out', async () => {
    install();
    await serve('reader');
    await upgrade();
    world.edit({ runtime: { acceptedUpdate: 'deadbeef' } });
    const report = await plan('--runtime-image', 'registry.test/runtime@sha256:3');
    expect(report.updates).toEqual([]);
    expect(report.refusedConsents).toMatchObject([{ name: 'reader', acceptedUpdate: 'deadbeef', offered: expect.stringMatching(/^[0-9a-f]{8}$/) }]);
    expect(formatReport(report)).toMatch(/shop +reader +deadbeef +[0-9a-f]{8}$/);
  });

  test('looks where the operator watches, and where it is told to', async () => {
    install([
      { name: 'SLIPWAY_RUNTIME_IMAGE', value: NEXT_IMAGE },
      { name: 'SLIPWAY_WATCH_NAMESPACES', value: 'lab' },
    ]);
    await serve('reader');
    expect((await plan()).models).toBe(0);
    expect((await plan('-A')).models).toBe(1);
    expect((await plan('-n', 'shop')).updates).toHaveLength(1);
    await expect(plan('absent')).rejects.toThrow('There is no ModelDeployment absent in namespace shop: give -n NAMESPACE or -A');
  });

  test('does not guess which operator is meant', async () => {
    await expect(plan()).rejects.toThrow(/No operator is installed: .* Give --operator NAMESPACE\/NAME/);
    install();
    install(undefined, { namespace: 'other', name: 'slipway' });
    await expect(plan()).rejects.toThrow('2 operators are installed: give --operator slipway-system/slipway or other/slipway');
    expect((await plan('--operator', 'other/slipway')).operator).toBe('other/slipway');
    await expect(plan('--operator', 'other')).rejects.toThrow('--operator "other" is not NAMESPACE/NAME');
    await expect(plan('--operator', 'other/absent')).rejects.toThrow('there is no Deployment "absent" in namespace "other"');
  });

  test.each([
    [[], 'give --operator-upgrade'],
    [['--operator-upgrade', '-o', 'yaml'], '--output "yaml" is not known: give json'],
    [['--operator-upgrade', '--set-env', 'A'], '--set-env "A" has no value: give NAME=VALUE'],
    [['--operator-upgrade', '-n', 'a', '-A'], '--namespace a and --all-namespaces exclude each other'],
    [['--operator-upgrade', '--colour'], "Unknown option '--colour'"],
  ])('refuses %j', (argv, want) => expect(() => parsePlanFlags(argv)).toThrow(want));
});

describe('update', () => {
  test('accepts what is on offer, for the named model alone', async () => {
    await serve('reader', 'other');
    await upgrade();
    const id = world.model().status?.update?.id;
    const said = await update('reader');
    expect(said[0]).toBe(`shop/reader: update ${id}\n  image registry.test/runtime@sha256:1 → registry.test/runtime@sha256:2`);
    await world.settle();
    expect([world.ready(), world.condition('UpdateAvailable')]).toEqual(['True Serving', undefined]);
    expect(world.model().spec.runtime?.acceptedUpdate).toBe(id);
    expect(world.model('other').spec.runtime?.acceptedUpdate).toBeUndefined();
    expect(await update('reader')).toEqual(['shop/reader: nothing to accept; this operator would render its pods as they are']);
  });

  test('changes nothing in a dry run', async () => {
    await serve('reader');
    await upgrade();
    const before = world.model();
    expect((await update('reader', '--dry-run')).at(-1)).toBe('  (dry run: nothing was changed)');
    expect(world.model()).toEqual(before);
  });

  test('accepts all that is on offer', async () => {
    await serve('reader', 'other', 'third');
    expect(await update('--all')).toEqual(['No ModelDeployment has an update in namespace shop.']);
    await upgrade();
    await update('--all');
    await world.settle();
    for (const name of ['reader', 'other', 'third'])
      expect([world.ready(name), world.condition('UpdateAvailable', name)]).toEqual(['True Serving', undefined]);
  });

  test('waits for the operator to have seen the newest spec', async () => {
    await serve('reader');
    await upgrade();
    world.edit({ model: { version: '2' } });
    await expect(update('reader')).rejects.toThrow('has not looked at the newest spec of shop/reader yet');
  });

  test.each([
    [[], 'slipway update needs the name of a model, or --all'],
    [['reader', '--all'], '--all and names exclude each other'],
    [['reader', '-A'], '--all-namespaces goes with --all'],
  ])('refuses %j', (argv, want) => expect(() => parseUpdateFlags(argv)).toThrow(want));

  test('names the model that is not there', async () => {
    await expect(update('absent')).rejects.toThrow('There is no ModelDeployment "absent" in namespace "shop": give -n NAMESPACE');
  });
});
