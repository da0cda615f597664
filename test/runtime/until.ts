/** Waits for what a server does in its own time. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Rejects after 30 s; `describe` says what was seen last. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, describe: () => unknown = () => ''): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(50)) if (await isTrue()) return;
  throw new Error(`Waited 30 s for ${what}: ${JSON.stringify(describe())}`);
}
