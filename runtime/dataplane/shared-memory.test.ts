import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../core/limits.js';
import { readSharedPlace, SharedMemory, type SharedRegion } from './shared-memory.js';

let folder: string;
let memory: SharedMemory;
const region = (changes: Partial<SharedRegion> = {}): SharedRegion => ({ name: 'r', key: '/file', offset: 2, byteSize: 4, ...changes });
const place = { region: 'r', offset: 1, byteSize: 2 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-shm-'));
  writeFileSync(join(folder, 'file'), Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]));
  memory = new SharedMemory(folder);
});
afterEach(() => {
  memory.unregister('');
  rmSync(folder, { recursive: true });
});

describe('SharedMemory', () => {
  test('what is written is read, at the offset of the region and of the tensor', () => {
    memory.register(region());
    expect([...memory.read(place)]).toEqual([3, 4]);
    memory.write(place, Uint8Array.of(9));
    expect([...memory.read({ region: 'r', offset: 0, byteSize: 4 })]).toEqual([2, 9, 4, 5]);
    expect(memory.regions('r')).toEqual([region()]);
  });
  test('what is unregistered is gone; what is unknown is no error to unregister', () => {
    memory.register(region());
    memory.unregister('other');
    memory.unregister('r');
    expect(memory.regions('')).toEqual([]);
    expect(() => memory.read(place)).toThrow("Unable to find shared memory region: 'r'");
  });
  test.each<{ name: string; changes: Partial<SharedRegion>; want: RegExp }>([
    { name: 'no name', changes: { name: '' }, want: /give the field 'name'/ },
    { name: 'another folder', changes: { key: '/../etc/passwd' }, want: /without a folder/ },
    { name: 'the folder itself', changes: { key: '..' }, want: /without a folder/ },
    { name: 'a link', changes: { key: 'link' }, want: /Unable to open/ },
    { name: 'no file', changes: { key: 'absent' }, want: /no file 'absent'/ },
    { name: 'no size', changes: { byteSize: 0 }, want: /give a size above 0/ },
    { name: 'more than the file has', changes: { byteSize: 7 }, want: /has 8 bytes, fewer/ },
  ])('refuses $name', ({ changes, want }) => {
    symlinkSync('/etc/passwd', join(folder, 'link'));
    expect(() => memory.register(region(changes))).toThrow(want);
  });
  test('a name is taken once, and there is an end of them', () => {
    memory.register(region());
    expect(() => memory.register(region())).toThrow("shared memory region 'r' already in manager");
    for (let index = 1; index < LIMITS.sharedRegions; index++) memory.register(region({ name: `r${index}` }));
    expect(() => memory.register(region({ name: 'one more' }))).toThrow(/256 shared memory regions are registered already/);
  });
  test('no tensor reaches beyond its region or the file', () => {
    memory.register(region());
    expect(() => memory.read({ region: 'r', offset: 3, byteSize: 2 })).toThrow(/has 4 bytes, but offset 3 and byte_size 2/);
    expect(() => memory.write({ region: 'r', offset: 0, byteSize: 1 }, new Uint8Array(2))).toThrow(/2 bytes does not fit 1/);
    truncateSync(join(folder, 'file'), 3);
    expect(() => memory.read(place)).toThrow(/ended after 0 of 2 bytes/);
  });
});

test('a place is read from parameters, and what is wrong with them is named', () => {
  const read = (parameters: Record<string, bigint | string | boolean>) => readSharedPlace("input 'x'", new Map(Object.entries(parameters)));
  expect(read({})).toBeUndefined();
  expect(read({ shared_memory_region: 'r', shared_memory_byte_size: 4n })).toEqual({ region: 'r', offset: 0, byteSize: 4 });
  expect(() => read({ shared_memory_region: 'r' })).toThrow("parameter 'shared_memory_byte_size' of input 'x' is undefined: give a number of bytes");
  expect(() => read({ shared_memory_region: true })).toThrow(/'shared_memory_region' of input 'x' is not a text/);
});
