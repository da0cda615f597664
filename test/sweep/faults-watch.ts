/** What a watch can do wrong: F4. It strikes one watch of the operator, by the dice, and each in the long run. */
import type { OpenWatch } from '../fakes/memory-api/open-watch.js';
import type { FaultRow } from './faults.js';

const watch = (name: string, harm: (watch: OpenWatch) => void): FaultRow => ({
  ...{ id: 'F4', name, at: 'Write' },
  strike: (world) => {
    const open = world.api.watches(world.operator.name);
    if (open.length > 0) harm(world.dice.pick(open));
    return undefined;
  },
});

const all = (name: string, harm: (watch: OpenWatch) => void): FaultRow => ({
  ...{ id: 'F4', name, at: 'Write' },
  strike: (world) => {
    for (const open of world.api.watches(world.operator.name)) harm(open);
    return undefined;
  },
});

export const WATCH_FAULTS: readonly FaultRow[] = [
  watch('half open', (open) => open.halfOpen()),
  all('all half open', (open) => open.halfOpen()),
  watch('ends', (open) => open.end()),
  all('all reset', (open) => open.reset()),
  watch('410', (open) => open.sendError(410, 'Expired')),
  all('all 410', (open) => open.sendError(410, 'Expired')),
  watch('ERROR 500', (open) => open.sendError(500, 'InternalError')),
  watch('only bookmarks for 60 s', (open) => open.bookmarksOnly(60_000)),
  all('events twice', (open) => open.duplicateNext(5)),
  all('events in another order', (open) => open.reorderNext(4)),
  watch('events 20 s late', (open) => open.delayNext(5, 20_000)),
  all('lines in pieces', (open) => open.splitLines(20)),
  watch('a gap, then 410', (open) => {
    open.dropNext(2);
    open.sendError(410, 'Expired');
  }),
  watch('garbage', (open) => open.garbage()),
  watch('half a line, and an end', (open) => open.truncate('Silently')),
  watch('half a line, and a break', (open) => open.truncate('WithError')),
];
