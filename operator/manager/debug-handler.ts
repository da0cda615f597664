/** What the operator does at this moment, as JSON, for people who look: no specs, no Secrets, and only on the loopback address. */
import { answerJson, type HttpAnswer, type HttpHandler } from '../../lib/http-server.js';
import type { Controller, WatchSource } from './controller.js';
import type { LeaderElection } from './leader-election.js';

export interface DebugParts {
  readonly controllers: readonly Pick<Controller, 'name' | 'queue' | 'log'>[];
  readonly sources: readonly Pick<WatchSource, 'name' | 'hasSynced' | 'state'>[];
  readonly election: Pick<LeaderElection, 'describe'> | undefined;
}

/** Of each list. */
const LIMIT = 200;
const PATHS = ['/debug/queue', '/debug/caches', '/debug/reconciles', '/debug/leader'] as const;

export function newDebugHandler(parts: DebugParts): HttpHandler {
  return (request, path) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return answerJson(405, { error: 'Only GET is answered here' });
    const [, query = ''] = (request.url ?? '').split('?', 2);
    return answer(parts, path, new URLSearchParams(query).get('key') ?? undefined);
  };
}

function answer({ controllers, sources, election }: DebugParts, path: string, key: string | undefined): HttpAnswer {
  switch (path) {
    case '/debug':
    case '/debug/':
      return answerJson(200, { paths: PATHS });
    case '/debug/queue':
      return answerJson(200, Object.fromEntries(controllers.map(({ name, queue }) => [name, queue.snapshot(LIMIT)])));
    case '/debug/caches':
      return answerJson(200, Object.fromEntries(sources.map((source) => [source.name, { synced: source.hasSynced, ...source.state?.() }])));
    case '/debug/reconciles':
      return key === undefined
        ? answerJson(200, Object.fromEntries(controllers.map(({ name, log }) => [name, log.list(LIMIT)])))
        : answerKey(controllers, key);
    case '/debug/leader':
      return answerJson(200, election?.describe() ?? { isLeading: true, why: 'leader election is off: this replica is the only one' });
    default:
      return answerJson(404, { error: `Nothing is here: ask for ${PATHS.join(', ')}` });
  }
}

function answerKey(controllers: DebugParts['controllers'], key: string): HttpAnswer {
  const found = controllers.flatMap(({ name, log }) => {
    const entry = log.get(key);
    return entry === undefined ? [] : [[name, entry] as const];
  });
  if (found.length > 0) return answerJson(200, Object.fromEntries(found));
  return answerJson(404, {
    error: `No reconcile of "${key}" is remembered: give namespace/name; this replica must lead, and remembers the last 1000`,
  });
}
