/** What an operator does while nothing happens: nothing, but for its Lease. */
import { setTimeout as sleep } from 'node:timers/promises';
import { API_COUNTER, countWrites, totalOf, writesBetween } from './api-writes.js';
import type { Running } from './create.js';
import type { SteadyFigures } from './figures.js';
import { sumOf } from './prometheus.js';

const MB = 2 ** 20;
/** What was going on before has its last events behind it, and V8 its collection. */
const REST_MS = 10_000;
/** The Lease is renewed with one call each time. */
const RENEW_SECONDS = 2;

export async function measureSteady({ rig, operator }: Running, shape: { count: number; pods: number; seconds: number }): Promise<SteadyFigures> {
  await sleep(REST_MS);
  const writesBefore = countWrites(await rig.apiMetrics([API_COUNTER]));
  const before = await operator.metrics();
  const [cpu, start] = [operator.cpuSeconds, performance.now()];
  await sleep(shape.seconds * 1000);
  const seconds = (performance.now() - start) / 1000;
  const after = await operator.metrics();
  const requests = sumOf(after, 'rest_client_requests_total') - sumOf(before, 'rest_client_requests_total');
  return {
    ...shape,
    seconds,
    writes: totalOf(writesBetween(writesBefore, countWrites(await rig.apiMetrics([API_COUNTER])))),
    requestsPerSecond: Math.max(0, requests - seconds / RENEW_SECONDS) / seconds,
    rssMb: operator.rssMb,
    heapMb: sumOf(after, 'nodejs_heap_size_used_bytes') / MB,
    cpuPercent: (100 * (operator.cpuSeconds - cpu)) / seconds,
    sockets: operator.countSockets(),
  };
}
