import { describe, expect, test } from '@jest/globals';
import { layoutOf, linkOf, MAX_SLOT, nameProblem } from './layout.js';

test('what a machine has only one of is named by the slot, the rest by the name', () => {
  const [one, two] = [layoutOf('/copy/a', 'dev', 3), layoutOf('/copy/b', 'dev', 4)];
  expect(one).toMatchObject({
    id: 'slipway-dev',
    link: 'slipway3',
    peerLink: 'slipway3n',
    netns: '/run/netns/slipway3',
    cgroup: '/slipway/3',
    hostAddress: '10.201.3.1',
    nodeAddress: '10.201.3.2',
    stateDir: '/copy/a/.slipway/clusters/dev',
    kubeconfig: '/copy/a/.slipway/clusters/dev/kubeconfig',
  });
  for (const key of ['link', 'peerLink', 'netns', 'cgroup', 'hostAddress', 'nodeAddress', 'stateDir'] as const) expect(one[key]).not.toBe(two[key]);
});

test('the longest interface name has at most the 15 characters that Linux takes', () => {
  expect(layoutOf('/', 'dev', MAX_SLOT).peerLink.length).toBeLessThanOrEqual(15);
  expect(linkOf(MAX_SLOT)).toBe('slipway250');
});

describe('names of clusters', () => {
  test.each(['dev', 'a', 'c1', 'my-cluster-2', 'abcdefghijklmnopqrst'])('"%s" is fine', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  test.each(['', 'Dev', '1dev', '-dev', 'dev-', '../dev', 'a/b', 'a.b', 'a b', 'abcdefghijklmnopqrstu', 'dev\n'])(
    '"%s" is refused with the value and the rule',
    (name) => {
      expect(nameProblem(name)).toBe(
        `--name "${name}" is no cluster name: use 1 to 20 lower-case letters, digits and "-", beginning with a letter, such as "dev"`,
      );
    },
  );
});
