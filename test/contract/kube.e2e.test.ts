import { afterAll, beforeAll } from '@jest/globals';
import { describeApi } from './api-contract.js';
import { KubeWorlds } from './kube-world.js';

let worlds: KubeWorlds;
beforeAll(async () => {
  worlds = await KubeWorlds.open();
});
afterAll(() => worlds.close());

describeApi('A real API server', { make: () => worlds.make(), unmake: () => worlds.unmake() });
