import { describe, expect, test } from '@jest/globals';
import { readWatchLines } from './watch-stream.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const pod = (name: string) => ({ metadata: { name } });
const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;

async function* chunksOf(data: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

async function read(text: string, size: number, maxLineBytes?: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const { type, object } of readWatchLines(chunksOf(bytes(text), size), maxLineBytes)) seen.push(`${type} ${JSON.stringify(object)}`);
  return seen;
}

describe('readWatchLines', () => {
  const text = line('ADDED', pod('größe')) + line('BOOKMARK', pod('b')) + line('DELETED', pod('größe'));
  const want = ['ADDED {"metadata":{"name":"größe"}}', 'BOOKMARK {"metadata":{"name":"b"}}', 'DELETED {"metadata":{"name":"größe"}}'];
  test.each([1, 2, 7, 64, 10_000])('is the same in pieces of %i bytes, characters split or not', async (size) => {
    expect(await read(text, size)).toEqual(want);
  });
  test('a last line that was cut off is dropped', async () => {
    expect(await read(text.slice(0, -1), 16)).toEqual(want.slice(0, 2));
  });
  test('empty lines are nothing', async () => expect(await read(`\n${text}\n`, 5)).toEqual(want));
  test.each([
    { name: 'not JSON', text: '{"type":\n', want: /not JSON: \{"type":/ },
    { name: 'an unknown type', text: line('MOVED', {}), want: /an event of type "MOVED"/ },
    { name: 'no event', text: '[1]\n', want: /an event of type undefined/ },
  ])('$name ends the watch', async ({ text, want }) => {
    await expect(read(text, 9)).rejects.toThrow(want);
  });
  test('a line without end ends the watch before memory does', async () => {
    await expect(read('x'.repeat(300), 10, 100)).rejects.toThrow('more than 100 bytes');
  });
});
