import { describeContract } from './contract.js';
import { MemoryWorlds } from './memory-world.js';

describeContract('The in-memory API server', new MemoryWorlds());
