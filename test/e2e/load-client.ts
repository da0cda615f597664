/**
 * A client that never stops calling: `load-client.js ADDRESS MODEL CALLERS`. Runs in a pod, as clients do. Once a second it prints
 * one JSON line that says how many calls succeeded so far, per model version, and what every failed one said.
 */
import process from 'node:process';
import { LoadCounter } from './load-report.js';
import { newUprightClient } from './upright-client.js';

const [address = '', model = '', callers = '4'] = process.argv.slice(2);
const client = newUprightClient(address);
const counter = new LoadCounter();
setInterval(() => console.log(JSON.stringify(counter.report())), 1000);
process.on('SIGTERM', () => process.exit(0)); // process 1 of a pod gets no default for signals

await Promise.all(Array.from({ length: Number(callers) }, callForEver));

async function callForEver(): Promise<never> {
  for (;;) {
    try {
      counter.succeeded(await client.infer(model));
    } catch (error) {
      counter.failed(error instanceof Error ? error.message : String(error));
      await new Promise((resolve) => setTimeout(resolve, 20)); // a client that spins on errors would count one bad moment thousands of times
    }
  }
}
