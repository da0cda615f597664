import { describe, expect, test } from '@jest/globals';
import { makeModelDeployment } from '../../test/builders/model-deployment.js';
import { isModelDeployment } from '../view/model-view.js';
import { UnseenStatuses } from './unseen-status.js';

function model(resourceVersion: string, replicas: number) {
  const made = makeModelDeployment().metadata({ uid: 'uid-reader', resourceVersion }).obj();
  if (!isModelDeployment(made)) throw new Error('The builder made no ModelDeployment');
  return { ...made, status: { replicas } };
}

describe('a status that was written', () => {
  test('counts while the cache shows what it was written over', () => {
    const unseen = new UnseenStatuses();
    unseen.note(model('5', 1), { replicas: 2 });
    expect(unseen.latest(model('5', 1)).status).toEqual({ replicas: 2 });
  });

  test('is forgotten when the cache shows anything newer, for good', () => {
    const unseen = new UnseenStatuses();
    unseen.note(model('5', 1), { replicas: 2 });
    expect(unseen.latest(model('6', 7)).status).toEqual({ replicas: 7 });
    expect(unseen.latest(model('5', 1)).status).toEqual({ replicas: 1 });
  });

  test('of nobody is what the cache shows', () => expect(new UnseenStatuses().latest(model('5', 1)).status).toEqual({ replicas: 1 }));
});
