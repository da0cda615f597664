/** For what a world does in its own time. */
import { setTimeout as sleep } from 'node:timers/promises';

/** The first value that `isDone` likes; fails with the last one seen after `patienceMs`. */
export async function eventually<Value>(
  what: string,
  patienceMs: number,
  read: () => Value | Promise<Value>,
  isDone: (value: Value) => boolean,
): Promise<Value> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (Date.now() >= deadline) throw new Error(`Waited ${patienceMs} ms for ${what}; last seen: ${JSON.stringify(value)}`);
    await sleep(50);
  }
}
