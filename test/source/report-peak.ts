/** Preloaded into a process under test: at its end, writes the most memory it ever held (VmHWM, in bytes) into a file. */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const path = process.env['SLIPWAY_TEST_PEAK'];
process.on('exit', () => {
  const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (path !== undefined) writeFileSync(path, String(Number(kib) * 1024));
});
