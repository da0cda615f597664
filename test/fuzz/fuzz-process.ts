/** The FuzzServer in a process of its own: what would end it must neither end the test nor look like the client's end. */
import process from 'node:process';
import { collectGarbage } from '../../runtime/backend/memory-return.js';
import type { FuzzReport } from './fuzz-report.js';
import { FuzzServer } from './fuzz-server.js';

const server = await new FuzzServer().start();

function report(): FuzzReport {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  const { budget, codes, defects } = server;
  return {
    codes: [...codes],
    defects: defects.map((defect) => (defect instanceof Error ? (defect.stack ?? String(defect)) : String(defect))),
    heldBytes: budget.used,
    heapBytes: heapUsed + external,
    handles: process.getActiveResourcesInfo().length,
  };
}

process.on('message', () => process.send?.(report()));
process.once('disconnect', () => process.exit());
process.send?.({ grpcPort: server.grpcPort, restPort: server.restPort });
