import { expect, test } from '@jest/globals';
import { makePod, terminated } from '../../test/builders/pod.js';
import { readFetched } from './read-fetched.js';

test.each([
  {
    pod: 'that has fetched',
    given: makePod().fetched(),
    want: { contentDigest: `sha256:${'c'.repeat(64)}`, bytes: 1234, verifiedAt: '2026-01-01T00:00:00.000Z' },
  },
  { pod: 'that is about to', given: makePod(), want: undefined },
  {
    pod: 'whose fetch failed',
    given: makePod().init(terminated(24, 'Error', '{"code":"DIGEST_MISMATCH","stage":"verify","message":"x"}')),
    want: undefined,
  },
  { pod: 'that said nothing', given: makePod().init(terminated(0, 'Completed')), want: undefined },
  {
    pod: 'that did not say when or how much',
    given: makePod().init({ terminated: { exitCode: 0, message: '{"code":"OK","stage":"verify","message":"x"}' } }),
    want: {},
  },
])('a pod $pod', ({ given, want }) => {
  expect(readFetched(given.view())).toEqual(want);
});
