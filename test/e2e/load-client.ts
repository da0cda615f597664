/**
 * A client that never stops calling: `load-client.js ADDRESS MODEL CALLERS`. Prints "started" after its first answer, and on
 * SIGTERM one JSON line that says how many calls succeeded per model version and what every failed one said.
 */
import process from 'node:process';
import { computeLoadReport, type LoadReport } from './load-report.js';
import { newUprightClient } from './upright-client.js';

const [address = '', model = '', callers = '4'] = process.argv.slice(2);
const client = newUprightClient(address);
const outcomes: { version?: string; error?: string }[] = [];
let isStopping = false;
process.on('SIGTERM', () => {
  isStopping = true;
});

await Promise.all(Array.from({ length: Number(callers) }, call));
client.close();
const report: LoadReport = computeLoadReport(outcomes);
console.log(JSON.stringify(report));

async function call(): Promise<void> {
  while (!isStopping) {
    try {
      const version = await client.infer(model);
      if (outcomes.length === 0) console.log('started');
      outcomes.push({ version });
    } catch (error) {
      outcomes.push({ error: error instanceof Error ? error.message : String(error) });
      await new Promise((resolve) => setTimeout(resolve, 20)); // a client that spins on errors would count one bad moment thousands of times
    }
  }
}
