import { describe, expect, test } from '@jest/globals';
import { KINDS, type KindName } from '../../../operator/api/kinds.js';
import type { KubeObject, ObjectMeta } from '../../../operator/ports.js';
import { DIGEST_A, makeModelDeployment } from '../../builders/model-deployment.js';
import type { Change } from './recorder.js';
import { findBroken, MODEL } from './replay.js';

let version = 0;

function change(kind: KindName, metadata: ObjectMeta, body: object = {}, isDeleted = false): Change {
  const { apiVersion, kind: name } = KINDS[kind];
  const object: KubeObject = { apiVersion, kind: name, metadata, ...body };
  return { version: ++version, atMs: version, kind, object, isDeleted };
}

function pod(name: string, isReady = true, metadata: Partial<ObjectMeta> = {}): Change {
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
  const annotations = { 'slipway.dev/digest': DIGEST_A };
  return change('pod', { name, uid: name, labels: { app: 'a' }, annotations, ...metadata }, { status: { conditions } });
}

function model(replicas: number, generation: number, isReady: boolean): Change {
  const base = { lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: generation } as const;
  const conditions = isReady
    ? [
        { ...base, type: 'Ready', status: 'True', reason: 'Serving', message: 'x' } as const,
        { ...base, type: 'Available', status: 'True', reason: 'Serving', message: 'x' } as const,
      ]
    : [{ ...base, type: 'Ready', status: 'False', reason: 'WaitingForPods', message: 'x' } as const];
  const status = { observedGeneration: generation, conditions: [...conditions] };
  const object = makeModelDeployment().digest(DIGEST_A).replicas(replicas).generation(generation).status(status).obj();
  return { version: ++version, atMs: version, kind: 'modelDeployment', object, isDeleted: false };
}

const service = () => change('service', { name: MODEL }, { spec: { selector: { app: 'a' } } });
const READY = () => [pod('p1'), pod('p2'), service(), model(2, 1, true)];

describe('findBroken', () => {
  test.each<[string, () => Change[], readonly string[]]>([
    ['a model that became Ready and stays so', READY, []],
    ['a pod that goes', () => [...READY(), pod('p1', true, { deletionTimestamp: 'now' })], ['1 ready pods behind the address where 2 were promised']],
    ['a pod that goes because fewer are wanted', () => [...READY(), model(1, 2, false), pod('p1', true, { deletionTimestamp: 'now' })], []],
    [
      'an address without pods',
      () => [...READY(), change('service', { name: MODEL }, { spec: { selector: { app: 'b' } } })],
      ['0 ready pods behind'],
    ],
    ['an address that goes', () => [...READY(), change('service', { name: MODEL }, {}, true)], ['0 ready pods behind']],
    ['Ready without pods', () => [pod('p1'), service(), model(2, 1, true)], ['Ready with 1 of 2 pods', '1 ready pods behind']],
    ["somebody else's object made", () => [change('service', { name: 'foreign' })], []],
    [
      "somebody else's object touched",
      () => [change('service', { name: 'foreign' }), change('service', { name: 'foreign' })],
      ['Service foreign of somebody'],
    ],
    [
      'three revisions at once',
      () => [
        model(2, 1, false),
        ...['a', 'b', 'c'].map((name) => change('deployment', { name, labels: { 'slipway.dev/model': MODEL } }, { spec: { replicas: 2 } })),
      ],
      ['6 pods are asked for'],
    ],
  ])('%s', (_, history, want) => {
    const found = findBroken(history());
    expect(found).toEqual(want.map((text) => expect.stringContaining(text)));
  });
});
