import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findProgram, readExternal, readRegistry } from './external.js';

test('an exported KUBECONFIG alone names no cluster', () => {
  expect(readExternal({ KUBECONFIG: '/home/me/.kube/production' })).toBeUndefined();
  expect(readExternal({ KUBECONFIG: '/home/me/.kube/production', SLIPWAY_CLUSTER_CONTEXT: '' })).toBeUndefined();
});

test('a named context is looked for where kubectl would look', () => {
  expect(readExternal({ SLIPWAY_CLUSTER_CONTEXT: 'kind' })).toEqual({ context: 'kind', kubeconfigs: [join(homedir(), '.kube', 'config')] });
  expect(readExternal({ SLIPWAY_CLUSTER_CONTEXT: 'kind', KUBECONFIG: '/a:/b:' })).toEqual({ context: 'kind', kubeconfigs: ['/a', '/b'] });
});

test('the registry has to be named with it', () => {
  expect(readRegistry({ SLIPWAY_REGISTRY: 'ghcr.io/me/' })).toBe('ghcr.io/me');
  expect(() => readRegistry({})).toThrow('SLIPWAY_CLUSTER_CONTEXT is set and SLIPWAY_REGISTRY is not: name the registry');
});

test('a program is the first executable file of its name on the PATH', () => {
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'path-')));
  const path = `:/nowhere:${folders.join(':')}`;
  try {
    for (const folder of folders) writeFileSync(join(folder, 'tool'), '');
    expect(findProgram('tool', path)).toBeUndefined();
    chmodSync(join(folders[1] ?? '', 'tool'), 0o755);
    expect(findProgram('tool', path)).toBe(join(folders[1] ?? '', 'tool'));
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
});
