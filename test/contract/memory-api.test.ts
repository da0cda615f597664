import { describeApi } from './api-contract.js';
import { describeContract } from './contract.js';
import { MemoryWorlds } from './memory-world.js';

const worlds = new MemoryWorlds();

describeApi('The in-memory API server', worlds);
describeContract('The in-memory API server, written to over caches,', { make: () => worlds.make({ cached: true }), unmake: () => worlds.unmake() });
