/** For what a world does in its own time. */
import { type Clock, SYSTEM_CLOCK } from '../../lib/clock.js';

/** The first value that `isDone` likes; fails with the last one seen after `patienceMs`. */
export async function eventually<Value>(
  what: string,
  patienceMs: number,
  read: () => Value | Promise<Value>,
  isDone: (value: Value) => boolean,
  time: Clock = SYSTEM_CLOCK,
): Promise<Value> {
  const deadline = time.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (time.now() >= deadline) throw new Error(`Waited ${patienceMs} ms for ${what}; last seen: ${JSON.stringify(value)}`);
    await time.sleep(50);
  }
}
