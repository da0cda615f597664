import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';

/** In a process of its own, whose heap nothing else has used: the most MiB outside the heap while reads of 64 KiB come and go. */
const SCRIPT = `
const { setImmediate: nextTurn } = await import('node:timers/promises');
if (process.argv[1] === 'tuned') (await import(process.argv[2])).tuneCollector();
await nextTurn();
const before = process.memoryUsage().arrayBuffers;
let most = 0;
for (let read = 0; read < 2000; read++) {
  Buffer.allocUnsafe(64 * 1024);
  if (read % 10 === 0) await nextTurn();
  most = Math.max(most, process.memoryUsage().arrayBuffers - before);
}
console.log(most / 2 ** 20);`;

async function measureMost(how: 'tuned' | 'plain'): Promise<number> {
  const module = new URL('./v8-settings.js', import.meta.url).href;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT, how, module]);
  expect(stderr).toBe(''); // where V8 says which flag it does not know
  return Number(stdout);
}

describe('tuneCollector', () => {
  test('garbage outside the heap never grows to where V8 would mark all of it', async () => {
    expect(await measureMost('plain')).toBeGreaterThan(48); // what V8 does by itself
    expect(await measureMost('tuned')).toBeLessThan(32);
  });
});
