import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { missingPackages, requireRoot } from './packages.js';

test('all there: nothing is missing', () => {
  expect(missingPackages(() => true)).toEqual([]);
});

test('nothing there: every package by the name that apt knows', () => {
  expect(missingPackages(() => false)).toEqual(
    expect.arrayContaining(['runc', 'containernetworking-plugins', 'iptables', 'conntrack', 'iproute2', 'util-linux', 'buildah', 'mmdebstrap']),
  );
});

test('any of the places where a program may be is enough', () => {
  expect(missingPackages((path) => path !== '/usr/sbin/runc')).toEqual([]);
  expect(missingPackages((path) => !path.includes('/cni/'))).toEqual(['containernetworking-plugins']);
});

describe('without root', () => {
  const getuid = process.getuid;

  beforeEach(() => {
    process.getuid = jest.fn(() => 1000);
  });

  afterEach(() => {
    if (getuid !== undefined) process.getuid = getuid;
  });

  test('it says why, what else would do, and what to install', () => {
    expect(() => requireRoot(['runc', 'buildah'])).toThrow(/needs root .* SLIPWAY_CLUSTER_CONTEXT=<context>\. .* apt-get install runc buildah$/);
    expect(() => requireRoot()).toThrow(/SLIPWAY_CLUSTER_CONTEXT=<context>$/);
  });
});
