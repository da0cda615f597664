import { afterAll, beforeAll } from '@jest/globals';
import { describeApi } from './api-contract.js';
import { describeContract } from './contract.js';
import { KubeWorlds } from './kube-world.js';

let worlds: KubeWorlds;
beforeAll(async () => {
  worlds = await KubeWorlds.open();
});
afterAll(() => worlds.close());

describeApi('A real API server', { make: () => worlds.make(), unmake: () => worlds.unmake() });
describeContract('A real API server, written to over caches,', { make: () => worlds.make({ cached: true }), unmake: () => worlds.unmake() });
