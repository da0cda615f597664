import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { withLock } from './lock.js';

const SILENT = (): void => undefined;
const LOCK_MODULE = JSON.stringify(new URL('lock.js', import.meta.url).href);
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('one at a time; the second says that it waits', async () => {
  const key = `${process.pid}-order`;
  const said: string[] = [];
  let release: () => void = SILENT;
  const first = withLock(key, SILENT, () => new Promise<void>((done) => (release = done)));
  await withLock(`${key}-other`, SILENT, async () => said.push('another key does not wait'));
  const releaseLater = (line: string): void => {
    said.push(line);
    setTimeout(() => release(), 20);
  };
  const second = withLock(key, releaseLater, async () => said.push('second'));
  await Promise.all([first, second]);
  expect(said).toEqual(['another key does not wait', 'waiting for another command that works on the same', 'second']);
});

onLinux('given back when the work fails', async () => {
  const key = `${process.pid}-failure`;
  await expect(withLock(key, SILENT, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
  expect(await withLock(key, SILENT, async () => 'free')).toBe('free');
});

onLinux('taken back from a process that was killed', async () => {
  const key = `${process.pid}-killed`;
  const script = `const { withLock } = await import(${LOCK_MODULE});
    await withLock(${JSON.stringify(key)}, console.error, () => { console.log('locked'); return new Promise((done) => setTimeout(done, 60_000)); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const said: string[] = [];
  const killHolder = (line: string): void => {
    said.push(line);
    child.kill('SIGKILL');
  };
  expect(await withLock(key, killHolder, async () => 'mine')).toBe('mine');
  expect(said).toHaveLength(1);
});
