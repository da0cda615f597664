/** What the API server answers instead: F2, F3, F12 (of our own pods), F17, F18. */
import type { Exchange, Fault } from '../fakes/memory-api/exchange.js';
import type { FaultRow } from './faults.js';

const once = (name: string, fault: Fault): FaultRow => ({ id: 'F2', name, at: 'Exchange', strike: () => fault });

const answer = (status: number, reason: string, retryAfterSeconds?: number): Fault => ({
  ...{ kind: 'Answer', status, reason, message: `${reason}: injected` },
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
});

/** For so long, of the calls that `isMeant` picks. */
const lasting = (row: Pick<FaultRow, 'id' | 'name'>, ms: number, fault: Fault, isMeant: (exchange: Exchange) => boolean = () => true): FaultRow => ({
  ...row,
  at: 'Write',
  strike: (world) => {
    world.onAnyExchange(ms, isMeant, () => fault);
    return fault;
  },
});

const isWrite = ({ method }: Exchange): boolean => method !== 'GET';

export const API_FAULTS: readonly FaultRow[] = [
  once('409', answer(409, 'Conflict')),
  once('429 with Retry-After', answer(429, 'TooManyRequests', 2)),
  once('500', answer(500, 'InternalError')),
  once('503', answer(503, 'ServiceUnavailable')),
  once('504', answer(504, 'Timeout')),
  once('lost reply', { kind: 'LostReply' }),
  once('no reply, done', { kind: 'LostReplyHang' }),
  once('no reply, not done', { kind: 'Hang' }),
  once('reset', { kind: 'Reset' }),
  once('cut off', { kind: 'Truncate' }),
  once('cut off without a word', { kind: 'TruncateSilently' }),
  once('5 s late', { kind: 'Delay', ms: 5000 }),
  {
    ...{ id: 'F2', name: 'storm of everything for 30 s', at: 'Write' },
    strike: (world) => {
      const { dice } = world;
      const kinds: readonly Fault[] = [
        answer(409, 'Conflict'),
        answer(429, 'TooManyRequests', 1),
        answer(500, 'InternalError'),
        answer(503, 'ServiceUnavailable'),
        { kind: 'LostReply' },
        { kind: 'Reset' },
        { kind: 'Truncate' },
      ];
      world.onAnyExchange(
        30_000,
        () => dice.isTrue(0.5),
        () => dice.pick(kinds),
      );
      return undefined;
    },
  },
  {
    ...{ id: 'F3', name: 'outage of 60 s', at: 'Write' },
    strike: (world) => {
      world.api.outageUntil(world.clock.now() + 60_000);
      return { kind: 'Reset' };
    },
  },
  {
    ...{ id: 'F3', name: 'outage of 60 s that swallows the reply', at: 'Write' },
    strike: (world) => {
      world.api.outageUntil(world.clock.now() + 60_000);
      return { kind: 'LostReply' };
    },
  },
  lasting(
    { id: 'F12', name: 'quota refuses the resolver for 60 s' },
    60_000,
    answer(403, 'Forbidden'),
    (exchange) => isWrite(exchange) && exchange.resource?.kind === 'Pod',
  ),
  lasting({ id: 'F17', name: 'etcd is full for 2 min' }, 120_000, answer(500, 'InternalError'), isWrite),
  lasting({ id: 'F18', name: 'starved for 3 min' }, 180_000, answer(429, 'TooManyRequests', 1)),
];
