/** The README's first command, on the cluster of the tests: what it prints is what a newcomer sees. */
import { expect, test } from '@jest/globals';
import { execAny } from '../../hack/exec.js';

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
