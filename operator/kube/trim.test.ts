/** Trimmed objects say the same to whoever reads them; what the wider world adds is gone. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { endedWith, makePod, waiting } from '../../test/builders/pod.js';
import { KINDS, type KindName } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';
import { containsManifest } from '../render/contains.js';
import { viewDeployment } from '../view/deployment-view.js';
import { viewPod } from '../view/pod-view.js';
import { viewRevision } from '../view/revision-view.js';
import { trimmerOf } from './trim.js';

const NAMES = Object.keys(KINDS).filter((name): name is KindName => name in KINDS);
/** As a Kubernetes 1.34 had them, a model at rest with two pods. */
const STORED: readonly KubeObject[] = JSON.parse(readFileSync(join('test', 'bench', 'hot-path', 'objects.json'), 'utf8'));
const stored = (kind: string): KubeObject => {
  const found = STORED.find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`objects.json has no ${kind}`);
  const { managedFields: _, ...metadata } = Object(found.metadata);
  return { ...found, metadata };
};
const kindOf = (object: KubeObject): KindName => {
  const name = NAMES.find((each) => KINDS[each].kind === object.kind);
  if (name === undefined) throw new Error(`${object.kind} is not watched`);
  return name;
};
const trim = (object: KubeObject): KubeObject => trimmerOf(kindOf(object))(object);
const bytes = (value: unknown): number => JSON.stringify(value).length;

describe('a pod', () => {
  test.each([
    ['at rest on a real cluster', stored('Pod')],
    ['being made', makePod().obj()],
    ['ready', makePod().on('n1').ready().obj()],
    ['that cannot be placed', makePod().condition('PodScheduled', 'False', 'Unschedulable', 'no node').obj()],
    ['whose image does not come', makePod().on('n1').init(waiting('ErrImagePull', 'denied')).obj()],
    [
      'that failed twice',
      makePod()
        .on('n1')
        .init(waiting('CrashLoopBackOff'), { restartCount: 2, lastState: endedWith('DIGEST_MISMATCH', 'x') })
        .obj(),
    ],
    [
      'with a Secret',
      makePod()
        .spec({
          volumes: [
            { name: 'a', emptyDir: {} },
            { name: 'c', secret: { secretName: 'registry' } },
          ],
        })
        .obj(),
    ],
    [
      'that was evicted',
      makePod()
        .on('n1')
        .main({ terminated: { exitCode: 137, reason: 'Error', startedAt: '2026-01-01T00:00:10Z', finishedAt: '2026-01-01T00:01:00Z' } })
        .status({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' })
        .condition('DisruptionTarget', 'True', 'TerminationByKubelet')
        .condition('Ready', 'False')
        .obj(),
    ],
    [
      'with claims',
      makePod()
        .spec({
          resourceClaims: [
            { name: 'a', resourceClaimTemplateName: 't' },
            { name: 'b', resourceClaimTemplateName: 't' },
          ],
        })
        .status({ resourceClaimStatuses: [{ name: 'a', resourceClaimName: 'x-a-1' }] })
        .obj(),
    ],
    [
      'held back',
      makePod()
        .spec({ schedulingGates: [{ name: 'kueue.x-k8s.io/admission' }] })
        .obj(),
    ],
    ['of another scheduler', makePod().spec({ schedulerName: 'volcano' }).obj()],
    ['of the usual scheduler', makePod().spec({ schedulerName: 'default-scheduler' }).obj()],
    ['on its way out', makePod().metadata({ deletionTimestamp: '2026-01-01T00:00:00Z' }).obj()],
  ])('%s is seen as before', (_, pod) => {
    const { controller, ...view } = viewPod(trim(pod));
    const { controller: before, ...whole } = viewPod(pod);
    const told = new Set(['PodScheduled', 'Ready', 'DisruptionTarget', 'PodReadyToStartContainers']);
    expect(view).toEqual({ ...whole, conditions: whole.conditions.filter(({ type }) => told.has(type)) });
    expect(controller).toEqual(before);
  });

  test('that is ready weighs a sixth of what the server sends', () => {
    expect(bytes(trim(stored('Pod')))).toBeLessThan(bytes(STORED.find(({ kind }) => kind === 'Pod')) / 6);
  });
});

describe('what is compared with manifests', () => {
  const folder = join('test', 'golden', 'operator');
  const manifests = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document): KubeObject => document.toJS()))
    .filter((object) => object !== null && object.kind !== 'Pod');

  test('keeps every field that a manifest of ours says', () => {
    expect(manifests.length).toBeGreaterThan(15);
    for (const manifest of manifests) expect([manifest.kind, containsManifest(trim(manifest), manifest)]).toEqual([manifest.kind, true]);
  });

  test('sees a foreign edit of a template as before', () => {
    const deployment = stored('Deployment');
    const edited = JSON.parse(JSON.stringify(deployment).replaceAll('--drain-delay', '--drain'));
    expect(containsManifest(trim(deployment), { spec: deployment['spec'] ? { template: Object(deployment['spec']).template } : {} })).toBe(true);
    expect(containsManifest(trim(edited), { spec: { template: Object(deployment['spec']).template } })).toBe(false);
  });

  test('is viewed as before, and goes along whole where it is written again', () => {
    const [deployment, revision] = [stored('Deployment'), stored('ControllerRevision')];
    expect(viewDeployment(trim(deployment))).toEqual(viewDeployment(deployment));
    expect(JSON.parse(JSON.stringify(viewRevision(trim(revision))))).toEqual(JSON.parse(JSON.stringify(viewRevision(revision))));
    expect(JSON.parse(JSON.stringify({ ...viewRevision(trim(revision)).data }))).toEqual(revision['data']);
  });

  test('tells of pods that are refused', () => {
    const conditions = [
      { type: 'Progressing', status: 'True' },
      { type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' },
    ];
    const refused = { ...stored('Deployment'), status: { conditions } };
    expect(viewDeployment(trim(refused)).replicaFailure).toBe('exceeded quota');
  });
});

describe('any object', () => {
  test('keeps identity, version and labels, and loses the copy that kubectl leaves', () => {
    for (const object of STORED) {
      const { managedFields: _, ...own } = Object(object.metadata);
      const copied = {
        ...object,
        metadata: { ...own, annotations: { ...object.metadata.annotations, 'kubectl.kubernetes.io/last-applied-configuration': 'x' } },
      };
      const { metadata } = trim(copied);
      const { name, namespace, uid, resourceVersion } = object.metadata;
      expect(metadata).toMatchObject({ name, namespace, uid, resourceVersion });
      expect(metadata.labels?.['slipway.dev/model']).toBe(object.metadata.labels?.['slipway.dev/model']);
      expect(JSON.stringify(metadata)).not.toContain('last-applied');
    }
  });

  test('whatever is in it, is trimmed without a throw, and twice as once', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.dictionary(fc.constantFrom('spec', 'status', 'data', 'revision'), fc.jsonValue()), (name, fields) => {
        const once = trimmerOf(name)({ ...fields, apiVersion: KINDS[name].apiVersion, kind: KINDS[name].kind, metadata: { name: 'x' } });
        expect(JSON.stringify(trimmerOf(name)(once))).toBe(JSON.stringify(once));
      }),
    );
  });
});
