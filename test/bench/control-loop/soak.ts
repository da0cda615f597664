/** Changes without end: does memory grow? */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running } from './create.js';
import { type SoakFigures, slopeOf } from './figures.js';
import { Inspector } from './inspector.js';
import { findPod, setReady } from './latency.js';
import { changeTag, type ModelKey } from './models.js';
import type { OperatorUnderTest } from './operator-under-test.js';

export interface SoakOptions {
  readonly keys: readonly ModelKey[];
  readonly minutes: number;
  readonly changesPerSecond: number;
  readonly inspectorPort: number;
  readonly say: (text: string) => void;
}

interface Sample {
  /** Hours since the soak began. */
  readonly time: number;
  readonly rssMb: number;
  readonly heapMb: number;
}

/** What an operator reaches only after every kind of work has been done for a while is no growth. */
const WARM_SHARE = 0.25;
const SAMPLES = 60;

/** Of each ten changes five are of the spec, and five of a pod's readiness, there and back. */
export async function runSoak({ rig, operator }: Running, options: SoakOptions): Promise<SoakFigures> {
  const { keys, minutes, changesPerSecond, inspectorPort, say } = options;
  const inspector = await Inspector.connect(rig.layout.nodeAddress, inspectorPort);
  const start = performance.now();
  const until = start + minutes * 60_000;
  const turned: { key: ModelKey; pod: string }[] = [];
  const samples: Sample[] = [];
  const sampling = sample(operator, { inspector, start, until, samples });
  let changes = 0;
  for (let next = start; next < until; next += 1000 / changesPerSecond) {
    await sleep(Math.max(0, next - performance.now()));
    await changeOnce(changes++);
    if (changes % (changesPerSecond * 60) === 0) say(`${changes} changes: RSS ${operator.rssMb.toFixed(0)} MB`);
  }
  await sampling;
  inspector.close();
  const warm = samples.slice(Math.floor(samples.length * WARM_SHARE));
  return {
    count: keys.length,
    minutes,
    changesPerSecond,
    changes,
    rssMb: warm.at(-1)?.rssMb ?? Number.NaN,
    rssMbPerHour: slopeOf(warm.map(({ time, rssMb }) => ({ time, value: rssMb }))),
    heapMb: warm.at(-1)?.heapMb ?? Number.NaN,
    heapMbPerHour: slopeOf(warm.map(({ time, heapMb }) => ({ time, value: heapMb }))),
  };

  async function changeOnce(number: number): Promise<void> {
    const key = keys[number % keys.length];
    if (key === undefined) return;
    if (number % 2 === 0) return void (await changeTag(rig, key, `soak-${number}`));
    const back = turned.length >= 5 ? turned.shift() : undefined;
    if (back !== undefined) return setReady(rig, { ...back.key, name: back.pod }, true);
    const pod = await findPod(rig, key);
    turned.push({ key, pod });
    await setReady(rig, { ...key, name: pod }, false);
  }
}

async function sample(
  operator: OperatorUnderTest,
  { inspector, start, until, samples }: { inspector: Inspector; start: number; until: number; samples: Sample[] },
): Promise<void> {
  const everyMs = (until - start) / SAMPLES;
  for (let next = start + everyMs; next <= until; next += everyMs) {
    await sleep(Math.max(0, next - performance.now()));
    const rssMb = operator.rssMb;
    samples.push({ time: (performance.now() - start) / 3_600_000, rssMb, heapMb: await inspector.heapMbAfterCollection() });
  }
}
