/** `helm --wait` of Helm 4, which asks the real kstatus: back when the model is Ready and not before, and failed when it is Stalled. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isReady } from '../../hack/wait-model.js';
import { SMALL, World } from './world.js';

const TIMEOUT_MS = 240_000;
const OPERATOR = ['-n', 'slipway-system', 'scale', 'deployment/slipway'];
let world: World;
let uri: string;
let chart: string;

beforeAll(async () => {
  world = await World.start('helm-wait');
  world.requireDisruption();
  ({ uri } = await world.push('upright', '1'));
  chart = mkdtempSync(join(tmpdir(), 'slipway-chart-'));
  mkdirSync(join(chart, 'templates'));
  writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: models\nversion: 0.1.0\n');
  const spec = JSON.stringify({ ...SMALL, model: { uri: '{{ .Values.uri }}', version: '{{ .Values.version }}' } });
  const metadata = '{"name": "{{ .Release.Name }}"}';
  writeFileSync(
    join(chart, 'templates', 'model.yaml'),
    `{"apiVersion": "slipway.dev/v1alpha1", "kind": "ModelDeployment", "metadata": ${metadata}, "spec": ${spec}}\n`,
  );
}, TIMEOUT_MS);
afterAll(async () => {
  await world.kubectl.run([...OPERATOR, '--replicas=1']);
  rmSync(chart, { recursive: true });
  await world.stop();
});

function helm(verb: 'install' | 'upgrade', release: string, values: Readonly<Record<string, string>>, timeout = '180s'): Promise<string> {
  const set = Object.entries({ uri, version: '1', ...values }).flatMap(([key, value]) => ['--set-string', `${key}=${value}`]);
  return world.kubectl.helm([verb, release, chart, '--namespace', world.namespace, '--wait', '--timeout', timeout, ...set]);
}

/** As it is at this moment, without waiting. */
async function ready(name: string): Promise<string> {
  const path = '{.metadata.generation}/{.status.observedGeneration} {.status.conditions[?(@.type=="Ready")].status} {.status.columns.revision}';
  return world.kubectl.run(['-n', world.namespace, 'get', 'mdep', name, '-o', `jsonpath=${path}`]);
}

test(
  'an object that no operator has seen is not done; a Ready one is, and so is a change only when it is Ready again',
  async () => {
    await world.kubectl.run([...OPERATOR, '--replicas=0']);
    await world.kubectl.run(['-n', 'slipway-system', 'wait', '--for=delete', 'pod', '-l', 'app.kubernetes.io/component=operator', '--timeout=60s']);
    const ends: string[] = [];
    const installing = helm('install', 'good', {}).then(() => ends.push('installed'));
    await sleep(8000);
    expect(ends).toEqual([]);
    expect(await ready('good')).toBe('1/-1  ');
    await world.kubectl.run([...OPERATOR, '--replicas=1']);
    await installing;
    const first = await ready('good');
    expect(first).toMatch(/^1\/1 True good-/);
    await helm('upgrade', 'good', { version: '2' });
    const second = await ready('good');
    expect(second).toMatch(/^2\/2 True good-/);
    expect(second.split(' ')[2]).not.toBe(first.split(' ')[2]);
  },
  TIMEOUT_MS,
);

test(
  'a model that fails for good is Failed with its cause when the time is over: Helm does not give up before',
  async () => {
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
    const error = await helm('install', 'bad', { uri: `${uri}@${digest}` }, '100s').then(
      () => 'installed',
      (reason: Error) => reason.message,
    );
    expect(error).toContain('Failed');
    expect(error).toContain(digest.slice(0, 20));
    const view = await world.waitFor('bad', (seen) => seen.conditions.get('Stalled')?.status === 'True', 1000);
    expect(isReady(view)).toBe(false);
  },
  TIMEOUT_MS,
);
