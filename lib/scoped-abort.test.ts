import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { ScopedAbort } from './scoped-abort.js';

describe('ScopedAbort', () => {
  test('ends with any of its parents, or by itself without ending them', () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const [first, second] = [new ScopedAbort(a.signal, undefined, b.signal), new ScopedAbort(a.signal)];
    second.abort();
    expect([first.signal.aborted, second.signal.aborted, a.signal.aborted]).toEqual([false, true, false]);
    b.abort();
    expect(first.signal.aborted).toBe(true);
    expect(new ScopedAbort(b.signal).signal.aborted).toBe(true);
  });
  test('once released, its parents know nothing of it', () => {
    const life = new AbortController();
    const scope = new ScopedAbort(life.signal);
    expect(getEventListeners(life.signal, 'abort')).toHaveLength(1);
    scope.release();
    expect(getEventListeners(life.signal, 'abort')).toHaveLength(0);
    life.abort();
    expect(scope.signal.aborted).toBe(false);
  });
});
