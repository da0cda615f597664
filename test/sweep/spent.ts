/** What operators spend on a world in which nothing happens. */
import type { LoggedExchange } from '../fakes/memory-api/exchange.js';
import type { Journey } from './journeys.js';
import { SweepWorld } from './sweep-world.js';

export interface Spent {
  readonly calls: number;
  /** Those that the server took, the lease's apart. */
  readonly writes: readonly string[];
  /** Those that it refused: of a name that somebody else has, say. */
  readonly refused: readonly string[];
}

const TEN_MINUTES_MS = 600_000;
/** As long as the operator waits for anything that a journey leaves behind. */
const REST_MS = 100_000;

/** What the operators do from now on, until it is asked. */
export function watchCalls(world: SweepWorld): () => Spent {
  const before = new Set(world.api.log);
  return () => {
    const since = world.api.log.filter((exchange) => !before.has(exchange));
    const writes = since.filter(({ method, resource }) => method !== 'GET' && resource?.kind !== 'Lease');
    return { calls: since.length, writes: writes.filter(isTaken).map(describe), refused: writes.filter((each) => !isTaken(each)).map(describe) };
  };
}

function isTaken({ status }: LoggedExchange): boolean {
  return status !== undefined && status < 300;
}

function describe({ method, path }: LoggedExchange): string {
  return `${method} ${path}`;
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
  return spent();
}
