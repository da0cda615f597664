import { describeApi } from './api-contract.js';
import { MemoryWorlds } from './memory-world.js';

describeApi('The in-memory API server', new MemoryWorlds());
