import { describe, expect, test } from '@jest/globals';
import { makeModelDeployment } from '../../test/builders/model-deployment.js';
import { makePod } from '../../test/builders/pod.js';
import { FakeCluster } from '../../test/fakes/fake-cluster.js';
import { KINDS } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';
import { LABEL_SELECTORS, mapToModels, WATCHED_KINDS } from './watches.js';

const cluster = new FakeCluster();
for (const name of ['reader', 'other']) cluster.create(KINDS.modelDeployment, makeModelDeployment(name).obj());
const models = cluster.cache(KINDS.modelDeployment);
const relabelled = (model: string): KubeObject =>
  makePod()
    .metadata({ labels: { 'slipway.dev/model': model } })
    .obj();
const names = (keys: readonly { readonly name: string }[]): string[] => keys.map(({ name }) => name).sort();

describe('a change', () => {
  test('of a model concerns that model', () => {
    expect(mapToModels('modelDeployment', models)(makeModelDeployment().obj())).toEqual([{ namespace: 'shop', name: 'reader' }]);
  });
  test('of a child concerns the model of its label', () => expect(names(mapToModels('pod', models)(makePod().obj()))).toEqual(['reader']));
  test('of the label concerns both', () =>
    expect(names(mapToModels('pod', models)(relabelled('reader'), relabelled('other')))).toEqual(['other', 'reader']));
  test('that keeps the label concerns one, once', () =>
    expect(names(mapToModels('pod', models)(relabelled('reader'), relabelled('reader')))).toEqual(['reader']));
  test('of something without the label concerns nobody', () =>
    expect(mapToModels('pod', models)(makePod().metadata({ labels: {} }).obj())).toEqual([]));
  test('of the ServiceAccount concerns all models of its namespace', () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'slipway-runtime', namespace: 'shop' } };
    expect(names(mapToModels('serviceAccount', models)(account))).toEqual(['other', 'reader']);
    expect(mapToModels('serviceAccount', models)({ ...account, metadata: { ...account.metadata, namespace: 'lab' } })).toEqual([]);
  });
});

test('only models are watched without a selector', () => {
  expect(WATCHED_KINDS.filter((kind) => LABEL_SELECTORS[kind] === undefined)).toEqual(['modelDeployment']);
});
