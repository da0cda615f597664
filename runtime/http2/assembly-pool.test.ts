import { describe, expect, test } from '@jest/globals';
import { AssemblyPool } from './assembly-pool.js';

const KIB = 1024;

describe('AssemblyPool', () => {
  test('memory that came back is used again, for sizes that are alike', () => {
    const pool = new AssemblyPool(10_000 * KIB);
    expect(pool.take(600_000)).toBeUndefined();
    const memory = pool.allocate(600_000);
    expect(memory).toHaveLength(640 * KIB);
    pool.give(memory);
    expect(pool.idleBytes).toBe(640 * KIB);
    expect([pool.take(100_000), pool.take(700_000)]).toEqual([undefined, undefined]);
    expect(pool.take(650_000)).toBe(memory);
    expect([pool.idleBytes, pool.take(650_000)]).toEqual([0, undefined]);
  });
  test.each([
    [1, 1],
    [1023, 1023],
    [1024, 1024],
    [1025, 1280],
    [64 * KIB - 1, 64 * KIB],
    [64 * KIB, 64 * KIB],
    [64 * KIB + 1, 80 * KIB],
    [128 * KIB, 128 * KIB],
    [128 * KIB + 1, 160 * KIB],
    [5_000_000, 5 * 1024 * KIB],
  ])('%d bytes take %d', (bytes, want) => expect(new AssemblyPool(0).allocate(bytes)).toHaveLength(want));
  test('small memory, and what is beyond the bound, is not kept', () => {
    const pool = new AssemblyPool(200 * KIB);
    for (const bytes of [1023, 128 * KIB, 128 * KIB]) pool.give(pool.allocate(bytes));
    expect(pool.idleBytes).toBe(128 * KIB);
  });
  test('a trim lets go what nobody needed since the one before', () => {
    const pool = new AssemblyPool(10_000 * KIB);
    const pieces = [1, 2, 3].map(() => pool.allocate(64 * KIB));
    for (const piece of pieces) pool.give(piece);
    pool.trim();
    expect(pool.idleBytes).toBe(192 * KIB);
    const used = pool.take(64 * KIB);
    if (used !== undefined) pool.give(used);
    pool.trim();
    expect(pool.idleBytes).toBe(64 * KIB);
    pool.trim();
    expect(pool.idleBytes).toBe(0);
    expect(pool.take(64 * KIB)).toBeUndefined();
    pool.give(pool.allocate(64 * KIB));
    pool.clear();
    expect([pool.idleBytes, pool.take(64 * KIB)]).toEqual([0, undefined]);
  });
});
