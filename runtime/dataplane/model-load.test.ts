import { describe, expect, test } from '@jest/globals';
import { computeModelLoad } from './model-load.js';
import type { RequestScheduler, Servable } from './ports.js';

const plan: Servable['plan'] = { maxRows: 64, targetRows: 8, maxDelaySeconds: 0, inputAxes: [], outputAxes: [], why: '' };
const of = (scheduler: Pick<RequestScheduler, 'depth' | 'waiting' | 'waitingRows' | 'targetRows'>, instances = 2) =>
  computeModelLoad({ plan, instances, scheduler: { ...scheduler, submit: () => undefined, idle: async () => undefined } });

describe('computeModelLoad', () => {
  test('is over what all instances take at once', () => {
    expect(of({ depth: 20, waiting: 4 })).toEqual({ utilization: 1.25, pendingRequests: 4, pendingRows: 4 });
    expect(of({ depth: 0, waiting: 0 }).utilization).toBe(0);
  });
  test('as measured for the rows that come, where that is known', () => {
    expect(of({ depth: 10, waiting: 4, waitingRows: 9, targetRows: 4 })).toEqual({ utilization: 1.25, pendingRequests: 4, pendingRows: 9 });
  });
  test('a model without an instance takes one at a time', () => expect(of({ depth: 3, waiting: 3 }, 0).utilization).toBe(3));
});
