import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';

/** In a process of its own, whose heap nothing else has used: the most MiB outside the heap while reads of 64 KiB come and go. */
const SCRIPT = `
const { setImmediate: nextTurn } = await import('node:timers/promises');
if (process.argv[1] === 'early') (await import(process.argv[2])).collectEarly();
await nextTurn();
const before = process.memoryUsage().arrayBuffers;
let most = 0;
for (let read = 0; read < 2000; read++) {
  Buffer.allocUnsafe(64 * 1024);
  if (read % 10 === 0) await nextTurn();
  most = Math.max(most, process.memoryUsage().arrayBuffers - before);
}
console.log(most / 2 ** 20);`;

async function measureMost(when: 'early' | 'late'): Promise<number> {
  const module = new URL('./collect-early.js', import.meta.url).href;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT, when, module]);
  return Number(stdout);
}

describe('collectEarly', () => {
  test('garbage outside the heap never grows to where V8 would mark all of it', async () => {
    expect(await measureMost('late')).toBeGreaterThan(48); // what V8 does by itself
    expect(await measureMost('early')).toBeLessThan(32);
  });
});
