import { describe, expect, test } from '@jest/globals';
import type { StatusCondition } from '../api/zz_generated.modeldeployment.js';
import { type ConditionDraft, setConditions } from './conditions.js';

const T0 = '2026-01-01T00:00:00Z';
const at = (generation: number) => ({ generation, nowMs: Date.parse('2026-01-01T00:05:00Z') });
const available = (status: ConditionDraft['status'], message = 'x'): ConditionDraft => ({ type: 'Available', status, reason: 'Serving', message });
const old: StatusCondition = { type: 'Available', status: 'True', reason: 'Serving', message: 'old', observedGeneration: 1, lastTransitionTime: T0 };

describe('setConditions', () => {
  test('a new message or reason is no transition; the generation always moves', () => {
    expect(setConditions([old], [available('True', 'new')], at(2))).toEqual([{ ...old, message: 'new', observedGeneration: 2 }]);
  });
  test('a new status is a transition', () => {
    expect(setConditions([old], [available('False')], at(1))[0]?.lastTransitionTime).toBe('2026-01-01T00:05:00Z');
  });
  test('what has no draft is gone, and the order does not depend on the drafts', () => {
    const ready: ConditionDraft = { type: 'Ready', status: 'True', reason: 'Serving', message: 'x' };
    expect(setConditions([{ ...old, type: 'Stalled' }], [available('True'), ready], at(1)).map(({ type }) => type)).toEqual(['Ready', 'Available']);
  });
  test('a message carries nothing that moves a terminal, and nothing that is no text', () => {
    const [condition] = setConditions([], [available('True', 'a\u001b[31mred\u0000\ud800!')], at(1));
    expect(condition?.message).toBe('a [31mred \ufffd!');
  });
  test('a message is one line of at most 1 KiB, also when its letters are wide', () => {
    const [condition] = setConditions([], [available('True', `a\n b${'é'.repeat(2000)}`)], at(1));
    expect(condition?.message).toMatch(/^a bé+…$/);
    expect(new TextEncoder().encode(condition?.message).length).toBeLessThanOrEqual(1024);
  });
});
