/** The operator dies, is stopped, is two, has old news or a wrong clock: F1, F5, F6, F7, F14. */
import type { Exchange } from '../fakes/memory-api/exchange.js';
import type { FaultRow } from './faults.js';
import type { SweepWorld } from './sweep-world.js';

const STALE = { lagMs: 30_000, forMs: 60_000 };
const PAUSE_MS = 20_000;
const JUMP_MS = 600_000;

const killed = (name: string, when: 'Hang' | 'LostReplyHang', isStale: boolean): FaultRow => ({
  ...{ id: 'F1', name, at: 'Write' },
  strike: (world) => {
    if (isStale) world.staleStart = STALE;
    world.crash();
    return { kind: when };
  },
});

const clockJumps = (name: string, ms: number): FaultRow => ({
  ...{ id: 'F7', name, at: 'Write' },
  strike: (world) => {
    world.operator.wall.offsetMs = ms;
    // somebody sets it right again
    world.later(300_000, () => {
      for (const box of world.boxes) box.wall.offsetMs = 0;
    });
    return undefined;
  },
});

export const PROCESS_FAULTS: readonly FaultRow[] = [
  killed('killed before', 'Hang', false),
  killed('killed after', 'LostReplyHang', false),
  killed('killed before, begins with old reads', 'Hang', true),
  killed('killed after, begins with old reads', 'LostReplyHang', true),
  {
    ...{ id: 'F1', name: 'stopped in good order', at: 'Write' },
    strike: (world) => {
      const box = world.operator;
      box.stop();
      world.later(2000, () => world.startOperator());
      return undefined;
    },
  },
  {
    ...{ id: 'F5', name: 'reads 30 s old', at: 'Write' },
    strike: (world) => {
      const { name } = world.operator;
      world.api.setReadLag(name, STALE.lagMs);
      world.later(STALE.forMs, () => world.api.setReadLag(name, 0));
      return undefined;
    },
  },
  {
    ...{ id: 'F6', name: 'leader stopped for 20 s beside another replica', at: 'Exchange' },
    prepare: startSecond,
    strike: (world, exchange) => {
      const box = world.boxes.find(({ name }) => name === exchange?.client);
      box?.pause();
      world.later(PAUSE_MS, () => void box?.resume());
      return undefined;
    },
  },
  {
    ...{ id: 'F6', name: 'leader stopped for 20 s, its call lands as late as the server allows', at: 'Exchange' },
    prepare: startSecond,
    strike: (world, exchange) => {
      const box = world.boxes.find(({ name }) => name === exchange?.client);
      box?.pause();
      world.later(PAUSE_MS, () => void box?.resume());
      return { kind: 'ArriveLate', ms: longestMs(exchange) };
    },
  },
  clockJumps('clock ten minutes ahead', JUMP_MS),
  clockJumps('clock ten minutes behind', -JUMP_MS),
  {
    ...{ id: 'F14', name: 'the CA rotates', at: 'Write' },
    strike: (world) => {
      world.api.rotateCa();
      return { kind: 'Reset' };
    },
  },
  {
    ...{ id: 'F14', name: 'credentials refused until they are read again', at: 'Write' },
    strike: (world) => {
      world.api.rotateToken();
      return { kind: 'Answer', status: 401, reason: 'Unauthorized', message: 'Unauthorized' };
    },
  },
];

/** As long as the call told the server to take at most; a call that did not say is held for as long as its sender is stopped. */
function longestMs(exchange: Exchange | undefined): number {
  const told = Number.parseInt(exchange?.query.get('timeout') ?? '', 10);
  return Number.isNaN(told) ? PAUSE_MS : told - 1;
}

function startSecond(world: SweepWorld): void {
  world.startOperator('standby');
}
