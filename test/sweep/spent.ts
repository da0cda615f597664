/** What operators spend on a world in which nothing happens. */
import type { Journey } from './journeys.js';
import { SweepWorld } from './sweep-world.js';

export interface Spent {
  /** The lease's apart. */
  readonly writes: string[];
  calls: number;
}

const TEN_MINUTES_MS = 600_000;
/** As long as the operator waits for anything that a journey leaves behind. */
const REST_MS = 100_000;

/** What the operators do from now on. */
export function watchCalls(world: SweepWorld): Spent {
  const spent: Spent = { writes: [], calls: 0 };
  world.onExchange = ({ method, path, resource }) => {
    spent.calls++;
    if (method !== 'GET' && resource?.kind !== 'Lease') spent.writes.push(`${method} ${path}`);
    return { kind: 'Pass' };
  };
  return spent;
}

/** In ten minutes, once the journey is over. */
export async function spentAfter({ before, act }: Journey): Promise<Spent> {
  const world = new SweepWorld(1);
  await before(world);
  act(world);
  await world.rest(REST_MS);
  const spent = watchCalls(world);
  await world.run(TEN_MINUTES_MS);
  world.dispose();
  return spent;
}
