/** The README's first command, on the cluster of the tests: what it prints is what a newcomer sees. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { findCluster } from '../../cluster/cluster.js';
import { execAny } from '../../hack/exec.js';
import { RELEASE, SYSTEM_NAMESPACE } from '../../hack/install-slipway.js';

const cluster = process.env['SLIPWAY_TEST_CLUSTER'] ?? 'test';

test('quickstart reads text out of an image through a pod, and again in under a minute', async () => {
  const first = await execAny(process.execPath, ['dist/hack/quickstart.js', '--name', cluster]);
  expect(first.stderr).toBe('');
  expect(first.stdout).toMatch(/sample\.png reads "Slipway serves models 2026" {2}\(confidence \d\d\.\d %, model reader version 4\)/);
  const started = performance.now();
  const second = await execAny(process.execPath, ['dist/hack/quickstart.js', '--name', cluster]);
  expect(second.stdout).toContain('reads "Slipway serves models 2026"');
  expect(performance.now() - started).toBeLessThan(60_000); // a promise to people, ten times what it takes
}, 400_000);

test('a helm that was killed in the middle does not stop the next quickstart', async () => {
  const access = await findCluster(cluster);
  if (access === undefined) throw new Error(`There is no local cluster "${cluster}"`);
  const to = ['--kubeconfig', access.kubeconfig, '--namespace', SYSTEM_NAMESPACE];
  const nowhere = ['--set-string', 'nodeSelector.nowhere=here', '--reuse-values', '--wait'];
  const upgrade = spawn(access.binaries.helm, ['upgrade', RELEASE, 'charts/slipway', ...to, ...nowhere], { stdio: 'ignore' });
  const pending = async (): Promise<string> => (await execAny(access.binaries.helm, ['list', '--pending', '--short', ...to])).stdout.trim();
  for (let tries = 0; (await pending()) !== RELEASE && tries < 100; tries += 1) await sleep(200);
  const ended = new Promise((resolve) => upgrade.once('close', resolve));
  upgrade.kill('SIGKILL');
  await ended;
  expect(await pending()).toBe(RELEASE);
  const next = await execAny(process.execPath, ['dist/hack/quickstart.js', '--name', cluster]);
  expect(next.stdout).toContain('an interrupted helm has left the release pending');
  expect(next.stdout).toContain('reads "Slipway serves models 2026"');
}, 200_000);
