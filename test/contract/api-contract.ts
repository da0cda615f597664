/** All of what an API server must do, whatever it is made of. */
import { describeAdapters } from './adapters-contract.js';
import type { ApiWorldMaker } from './api-world.js';
import { describeContract } from './contract.js';
import { describeDeletions } from './deletion-contract.js';
import { describeReads } from './read-contract.js';
import { describeWrites } from './write-contract.js';

export function describeApi(name: string, maker: ApiWorldMaker): void {
  describeContract(name, maker);
  describeReads(name, maker);
  describeWrites(name, maker);
  describeDeletions(name, maker);
  describeAdapters(name, maker);
}
