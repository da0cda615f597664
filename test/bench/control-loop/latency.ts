/** From a change of a pod's status to the model's: what a user waits for. */
import { LABELS } from '../../../contract/labels.js';
import { readArray, readRecord, readString } from '../../../lib/kube/json.js';
import { parseObject } from '../../../lib/kube/kube-object.js';
import { resourcePath } from '../../../lib/kube/resource-path.js';
import { KINDS } from '../../../operator/api/kinds.js';
import { pickQuantile } from '../measure.js';
import { API_COUNTER, countWrites, totalOf, writesBetween } from './api-writes.js';
import type { Running } from './create.js';
import type { LatencyFigures } from './figures.js';
import { idOf, type ModelKey } from './models.js';
import type { Rig } from './rig.js';

const PATIENCE_MS = 30_000;
/** Far from each other in the order in which they were made. */
const STRIDE = 7919;

export interface FlipOptions {
  readonly keys: readonly ModelKey[];
  readonly replicas: number;
  readonly flips: number;
}

/** One at a time: a pod of each of many models stops being ready; then, long after, each is ready again. */
export async function measureLatency({ rig, watch }: Running, { keys, replicas, flips }: FlipOptions): Promise<LatencyFigures> {
  const before = countWrites(await rig.apiMetrics([API_COUNTER]));
  const tookMs: number[] = [];
  const half = flips / 2;
  for (let flip = 0; flip < flips; flip++) {
    const key = keys[((flip % half) * STRIDE) % keys.length];
    if (key === undefined) throw new Error('There is no model to look at');
    const isReady = flip >= half;
    const want = `${isReady ? replicas : replicas - 1}/${replicas}`;
    const pod = await findPod(rig, key);
    const start = performance.now();
    await setReady(rig, { ...key, name: pod }, isReady);
    tookMs.push((await watch.sees(key, PATIENCE_MS, (seen) => seen.replicas === want)) - start);
  }
  const after = countWrites(await rig.apiMetrics([API_COUNTER]));
  const ascending = tookMs.sort((a, b) => a - b);
  return {
    count: keys.length,
    flips,
    p50Ms: pickQuantile(ascending, 0.5),
    p99Ms: pickQuantile(ascending, 0.99),
    maxMs: ascending.at(-1) ?? Number.NaN,
    writesPerFlip: totalOf(writesBetween(before, after)) / flips,
  };
}

/** The first by name, so that who turned it finds it again. */
export async function findPod(rig: Rig, { namespace, name }: ModelKey): Promise<string> {
  const page = await rig.transport.request({
    method: 'GET',
    path: resourcePath(KINDS.pod, { namespace }),
    query: { labelSelector: `${LABELS.model}=${name},${LABELS.component}=serve`, resourceVersion: '0' },
  });
  const names = readArray(page, 'items')
    .map((item) => parseObject(item, KINDS.pod))
    .filter((pod) => readString(readRecord(pod, 'status'), 'phase') === 'Running')
    .map(({ metadata }) => metadata.name);
  const first = names.sort()[0];
  if (first === undefined) throw new Error(`The model ${idOf({ namespace, name })} has no pod`);
  return first;
}

/** As the kubelet does when a probe fails or passes. kwok leaves alone what has no reason that is its own. */
export async function setReady(rig: Rig, pod: ModelKey, isReady: boolean): Promise<void> {
  const now = new Date().toISOString();
  const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status: isReady ? 'True' : 'False', lastTransitionTime: now }));
  await rig.transport.request({
    method: 'PATCH',
    path: resourcePath(KINDS.pod, { ...pod, subresource: 'status' }),
    contentType: 'application/strategic-merge-patch+json',
    body: { status: { conditions } },
  });
}
