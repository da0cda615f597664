/** Changes while a client is calling: no call may fail. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SYSTEM_NAMESPACE } from '../../hack/install-slipway.js';
import { isReady } from '../../hack/wait-model.js';
import { Load } from './load.js';
import { SMALL, World } from './world.js';

const TIMEOUT_MS = 240_000;
let world: World;
let uri: string;

beforeAll(async () => {
  world = await World.start('change');
  ({ uri } = await world.push('upright', '1'));
}, TIMEOUT_MS);
afterAll(() => world.stop());

describe('a model change', () => {
  test(
    'under load loses no call and ends on the new version',
    async () => {
      await world.apply('upright', { model: { uri, version: '1' }, replicas: 2, ...SMALL });
      const before = await world.waitFor('upright', isReady);
      const load = await Load.start(world, 'upright');
      await world.patch('upright', { model: { version: '2' } });
      const after = await world.waitFor('upright', (view) => isReady(view) && view.revision !== before.revision);
      await waitRetired(before.revision);
      const report = await load.stop();
      expect(report).toMatchObject({ failed: 0, errors: {} });
      expect(Object.keys(report.versions)).toEqual(['1', '2']);
      expect(after.revision).toMatch(/^upright-[0-9a-f]{8}$/);
    },
    TIMEOUT_MS,
  );

  test(
    'whose operator is killed in the middle is finished by its successor',
    async () => {
      world.requireDisruption();
      const load = await Load.start(world, 'upright');
      const before = await world.waitFor('upright', isReady);
      await world.patch('upright', { model: { version: '3' } });
      await world.waitFor('upright', (view) => view.observedGeneration === view.generation);
      await world.kubectl.run(['-n', SYSTEM_NAMESPACE, 'delete', 'pod', '-l', 'app.kubernetes.io/component=operator', '--grace-period=0', '--force']);
      await world.waitFor('upright', (view) => isReady(view) && view.revision !== before.revision);
      await waitRetired(before.revision);
      const report = await load.stop();
      expect(report).toMatchObject({ failed: 0, errors: {} });
      expect(Object.keys(report.versions)).toEqual(['2', '3']);
    },
    TIMEOUT_MS,
  );

  test(
    'to a model that does not exist leaves the old one serving',
    async () => {
      const load = await Load.start(world, 'upright');
      const before = await world.waitFor('upright', isReady);
      await world.patch('upright', { model: { uri: uri.replace(':1', ':no-such-tag') } });
      const broken = await world.waitFor('upright', (view) => view.conditions.get('Stalled')?.status === 'True');
      expect(broken.conditions.get('Ready')?.message).toContain('no-such-tag');
      expect(broken.revision).toBe(before.revision);
      const report = await load.stop();
      expect(report).toMatchObject({ failed: 0, errors: {} });
      await world.patch('upright', { model: { uri } });
      await world.waitFor('upright', isReady);
    },
    TIMEOUT_MS,
  );
});

/** Until no pod of the revision is left: its drain is part of the change. */
async function waitRetired(revision: string): Promise<void> {
  const pods = ['-n', world.namespace, 'pods', '-l', `slipway.dev/revision=${revision}`];
  for (const until = Date.now() + 90_000; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 500))) {
    if ((await world.kubectl.run(['get', ...pods, '-o', 'name'])).trim() === '') return;
  }
  throw new Error(`Revision ${revision} still has pods:\n${await world.kubectl.run(['get', ...pods])}`);
}
