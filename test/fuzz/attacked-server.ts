/** Run by http2-attacks.e2e.test.ts in a process of its own: the transport within a small budget, and what an attack has cost it. */
import process from 'node:process';
import { TestServer } from '../../runtime/http2/test-server.js';
import { ATTACKED_BUDGET_BYTES, type AttackReport } from './attack-report.js';

const world = await new TestServer({}, { budgetBytes: ATTACKED_BUDGET_BYTES }).start();

function report(): AttackReport {
  return {
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    begun: world.hanging.length,
    calls: world.server.calls,
    heldBytes: world.budget.used,
  };
}

process.on('message', () => process.send?.(report()));
process.once('disconnect', () => process.exit());
process.send?.({ port: world.port });
