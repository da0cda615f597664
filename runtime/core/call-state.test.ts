import { expect, test } from '@jest/globals';
import { CallState } from './call-state.js';

test('tells the holder once, and a late holder at once', () => {
  const call = new CallState();
  const heard: string[] = [];
  call.onGone = () => heard.push('first');
  call.onGone = () => heard.push('second');
  call.abandon();
  call.abandon();
  call.onGone = () => heard.push('late');
  expect([call.isGone, heard]).toEqual([true, ['second', 'late']]);
});

test('tells nobody when nobody listens any more', () => {
  const call = new CallState();
  call.onGone = () => expect('never').toBe('called');
  call.onGone = undefined;
  call.abandon();
  expect(call.isGone).toBe(true);
});
