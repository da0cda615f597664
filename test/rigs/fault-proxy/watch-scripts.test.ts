import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import * as scripts from './watch-scripts.js';

const line = (uid: string, version: number) => `{"type":"MODIFIED","object":{"metadata":{"uid":"${uid}","resourceVersion":"${version}"}}}\n`;
const [A1, A2, B3, B4] = [line('a', 1), line('a', 2), line('b', 3), line('b', 4)];

async function* all(lines: readonly string[]): AsyncGenerator<string> {
  for (const each of lines) yield each;
}

async function play(script: scripts.WatchScript, lines: readonly string[], signal = AbortSignal.timeout(300)): Promise<string[]> {
  const out: string[] = [];
  for await (const piece of script(all(lines), signal, '7')) out.push(piece);
  return out;
}

const GONE = expect.stringContaining('"code":410');

describe('a watch script', () => {
  test('half-open says nothing more until the client goes', async () => {
    const start = Date.now();
    expect(await play(scripts.halfOpen(1), [A1, A2])).toEqual([A1]);
    expect(Date.now() - start).toBeGreaterThanOrEqual(250);
  });
  test('half-open for a time breaks off after it', async () => {
    await expect(play(scripts.halfOpen(1, 20), [A1, A2])).rejects.toThrow(scripts.Cut);
  });
  test('errorEvent ends with the error', async () => {
    expect(await play(scripts.errorEvent(1), [A1, A2])).toEqual([A1, GONE]);
    expect(await play(scripts.errorEvent(0, 500), [A1])).toEqual([expect.stringContaining('"code":500')]);
  });
  test('bookmarksOnly repeats where it stood, then the version is gone', async () => {
    const out = await play(scripts.bookmarksOnly(50, 20), [A1], AbortSignal.timeout(2000));
    expect(out.slice(0, -1).every((piece) => piece.includes('BOOKMARK') && piece.includes('"resourceVersion":"7"'))).toBe(true);
    expect(out.length).toBeGreaterThan(2);
    expect(out.at(-1)).toEqual(GONE);
  });
  test('duplicated tells each twice and the one before again', async () => {
    expect(await play(scripts.duplicated, [A1, A2])).toEqual([A1 + A1, A2 + A2 + A1]);
  });
  test('reordered swaps neighbours of two objects, of one only when asked to', async () => {
    expect(await play(scripts.reordered(), [A2, B3, B4])).toEqual([B3, A2, B4]);
    expect(await play(scripts.reordered(), [A1, A2, B3])).toEqual([A1, B3, A2]);
    expect(await play(scripts.reordered(100, true), [A1, A2])).toEqual([A2, A1]);
  });
  test('late keeps order and loses nothing', async () => {
    const start = Date.now();
    expect(await play(scripts.late(60), [A1, A2, B3], AbortSignal.timeout(2000))).toEqual([A1, A2, B3]);
    expect(Date.now() - start).toBeGreaterThanOrEqual(55);
    expect(Date.now() - start).toBeLessThan(1000);
  });
  test('split loses nothing', async () => {
    const out = await play(scripts.split(9), [A1, B3]);
    expect(out.length).toBeGreaterThan(10);
    expect(out.join('')).toBe(A1 + B3);
  });
  test('gap swallows and then says that the version is gone', async () => {
    expect(await play(scripts.gap(1, 2), [A1, A2, B3, B4])).toEqual([A1, GONE]);
  });
  test('garbage goes between the lines', async () => {
    expect(await play(scripts.garbage(1), [A1, A2])).toEqual([A1, expect.stringContaining('502'), A2]);
  });
  test('cutMidLine sends half a line', async () => {
    const out: string[] = [];
    await expect(
      (async () => {
        for await (const piece of scripts.cutMidLine(1)(all([A1, A2]), AbortSignal.timeout(100), '7')) out.push(piece);
      })(),
    ).rejects.toThrow(scripts.Cut);
    expect(out).toEqual([A1, A2.slice(0, A2.length / 2)]);
  });
  test('late ends when the client goes', async () => {
    const endless: AsyncIterable<string> = {
      async *[Symbol.asyncIterator]() {
        yield A1;
        await sleep(50);
      },
    };
    const gone = AbortSignal.timeout(30);
    const out: string[] = [];
    for await (const piece of scripts.late(10_000)(endless, gone, '7')) out.push(piece);
    expect(out).toEqual([A1]);
  });
});
