import { describe, expect, test } from '@jest/globals';
import { makeModelDeployment } from '../../test/builders/model-deployment.js';
import { makePod } from '../../test/builders/pod.js';
import type { KubeObject } from '../ports.js';
import { LABEL_SELECTORS, mapToModels, WATCHED_KINDS } from './watches.js';

const relabelled = (model: string): KubeObject =>
  makePod()
    .metadata({ labels: { 'slipway.dev/model': model } })
    .obj();
const names = (keys: readonly { readonly name: string }[]): string[] => keys.map(({ name }) => name).sort();

describe('a change', () => {
  test('of a model concerns that model', () => {
    expect(mapToModels('modelDeployment')(makeModelDeployment().obj())).toEqual([{ namespace: 'shop', name: 'reader' }]);
  });
  test('of a child concerns the model of its label', () => expect(names(mapToModels('pod')(makePod().obj()))).toEqual(['reader']));
  test('of the label concerns both', () => expect(names(mapToModels('pod')(relabelled('reader'), relabelled('other')))).toEqual(['other', 'reader']));
  test('that keeps the label concerns one, once', () =>
    expect(names(mapToModels('pod')(relabelled('reader'), relabelled('reader')))).toEqual(['reader']));
  test('of something without the label concerns nobody', () => expect(mapToModels('pod')(makePod().metadata({ labels: {} }).obj())).toEqual([]));
  test('of the ServiceAccount wakes no model up', () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'slipway-runtime', namespace: 'shop' } };
    expect(mapToModels('serviceAccount')(account)).toEqual([]);
  });
});

test('only models are watched without a selector', () => {
  expect(WATCHED_KINDS.filter((kind) => LABEL_SELECTORS[kind] === undefined)).toEqual(['modelDeployment']);
});
