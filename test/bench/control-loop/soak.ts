/** Changes without end: does memory grow? */
import { setTimeout as sleep } from 'node:timers/promises';
import { computeMedian } from '../measure.js';
import type { Running } from './create.js';
import { type SoakFigures, slopeErrorOf, slopeOf } from './figures.js';
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
  /** Median of the looks since the sample before: single ones go up and down with V8's young generation. */
  readonly rssMb: number;
  readonly heapMb: number;
}

/** What an operator reaches only after every kind of work has been done for a while is no growth. */
const WARM_SHARE = 0.25;
const SAMPLES = 60;
const LOOK_MS = 5000;
/** Of the samples: an operator that does not answer its inspector in time is a machine that is too busy. */
const MOST_MISSED_SHARE = 0.1;

/** Of each ten changes five are of the spec, and five of a pod's readiness, there and back. */
export async function runSoak({ rig, operator }: Running, options: SoakOptions): Promise<SoakFigures> {
  const { keys, minutes, changesPerSecond, inspectorPort, say } = options;
  const inspector = await Inspector.connect(rig.layout.nodeAddress, inspectorPort);
  const start = performance.now();
  const until = start + minutes * 60_000;
  const turned: { key: ModelKey; pod: string }[] = [];
  const samples: Sample[] = [];
  const sampling = sample(operator, { inspector, start, until, samples, say });
  sampling.catch(() => undefined); // it is awaited when the changes are done
  let changes = 0;
  for (let next = start; next < until; next += 1000 / changesPerSecond) {
    await sleep(Math.max(0, next - performance.now()));
    await changeOnce(changes++);
  }
  await sampling;
  inspector.close();
  const warm = samples.slice(Math.floor(samples.length * WARM_SHARE));
  const rss = warm.map(({ time, rssMb }) => ({ time, value: rssMb }));
  return {
    count: keys.length,
    minutes,
    changesPerSecond,
    changes,
    rssMb: warm.at(-1)?.rssMb ?? Number.NaN,
    rssMbPerHour: slopeOf(rss),
    rssMbPerHourError: slopeErrorOf(rss),
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

interface Sampling {
  readonly inspector: Inspector;
  readonly start: number;
  readonly until: number;
  readonly samples: Sample[];
  readonly say: (text: string) => void;
}

async function sample(operator: OperatorUnderTest, { inspector, start, until, samples, say }: Sampling): Promise<void> {
  const everyMs = (until - start) / SAMPLES;
  let missed = 0;
  for (let next = start + everyMs; next <= until; next += everyMs) {
    const looks: number[] = [];
    for (; performance.now() < next; await sleep(Math.min(LOOK_MS, Math.max(0, next - performance.now())))) looks.push(operator.rssMb);
    const [time, rssMb] = [(performance.now() - start) / 3_600_000, computeMedian(looks)];
    try {
      samples.push({ time, rssMb, heapMb: await inspector.heapMbAfterCollection() });
      say(`${(time * 60).toFixed(0)} min: RSS ${rssMb.toFixed(1)} MB, heap ${samples.at(-1)?.heapMb.toFixed(1)} MB`);
    } catch (error) {
      operator.assertRuns();
      if (++missed > MOST_MISSED_SHARE * SAMPLES) throw error;
    }
  }
}
