import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isConflict } from '../../lib/kube/kube-error.js';
import { describeContract } from './contract.js';
import { KubeWorlds } from './kube-world.js';
import { MODELS, makeModel } from './objects.js';

let worlds: KubeWorlds;
beforeAll(async () => {
  worlds = await KubeWorlds.open();
});
afterAll(() => worlds.close());

describeContract('A real API server', { make: () => worlds.make(), unmake: () => worlds.unmake() });

test('the status endpoint heeds a resourceVersion: what guards the status of a namesake', async () => {
  const { namespace, hands } = await worlds.make();
  try {
    const { apiVersion, kind, metadata } = await hands.create(MODELS, makeModel(namespace, 'reader'));
    await hands.update(MODELS, { namespace, name: 'reader' }, { metadata: { labels: { changed: 'yes' } } });
    const { name, resourceVersion = '' } = metadata;
    const stale = { apiVersion, kind, metadata: { name, namespace, resourceVersion }, status: { replicas: 1 } };
    const error = await worlds.client.apply(MODELS, stale, { fieldManager: 'test', subresource: 'status' }).catch((thrown: unknown) => thrown);
    expect(isConflict(error)).toBe(true);
  } finally {
    await worlds.unmake();
  }
});
