import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DIGEST_A, DIGEST_B, type ModelDeploymentBuilder, makeModelDeployment } from '../../test/builders/model-deployment.js';
import { TEST_CONFIG } from '../../test/builders/test-world.js';
import { completeSpec } from '../api/defaults.js';
import { canonicalJson } from './hash.js';
import { computeResolverHash, computeRevisionName, computeSourceHash } from './identity.js';

const base = makeModelDeployment();
const nameOf = (builder: ModelDeploymentBuilder, digest = DIGEST_A): string =>
  computeRevisionName('reader', completeSpec(builder.obj().spec), digest);

describe('the name of a revision', () => {
  test.each<{ name: string; change: ModelDeploymentBuilder; digest?: string }>([
    { name: 'digest', change: makeModelDeployment(), digest: DIGEST_B },
    { name: 'repository', change: makeModelDeployment().uri('oci://registry.test/models/other:1') },
    { name: 'version', change: makeModelDeployment().model({ version: '2' }) },
    { name: 'secret', change: makeModelDeployment().model({ secretRef: { name: 'registry' } }) },
    { name: 'env', change: makeModelDeployment().spec({ runtime: { env: [{ name: 'A', value: '1' }] } }) },
    { name: 'resources', change: makeModelDeployment().spec({ runtime: { resources: { limits: { memory: '1Gi' } } } }) },
    { name: 'accelerator', change: makeModelDeployment().spec({ accelerator: { vendor: 'nvidia' } }) },
    { name: 'an accepted update', change: makeModelDeployment().spec({ runtime: { acceptedUpdate: '1a2b3c4d' } }) },
  ])('changes with $name', ({ change, digest }) => expect(nameOf(change, digest)).not.toBe(nameOf(base)));

  test.each<{ name: string; change: ModelDeploymentBuilder }>([
    { name: 'replicas', change: makeModelDeployment().replicas(5) },
    { name: 'suspend', change: makeModelDeployment().suspend() },
    { name: 'a tag', change: makeModelDeployment().uri('oci://registry.test/models/reader:9') },
    { name: 'a digest in the uri', change: makeModelDeployment().uri(`oci://registry.test/models/reader:1@${DIGEST_A}`) },
    { name: 'allowUnpinned', change: makeModelDeployment().model({ allowUnpinned: true }) },
    { name: 'a default written out', change: makeModelDeployment().spec({ runtime: { env: [] } }) },
  ])('does not change with $name', ({ change }) => expect(nameOf(change)).toBe(nameOf(base)));

  test('of a model of the hub a branch does not count, its repository and path do', () => {
    const at = (uri: string): string => nameOf(makeModelDeployment().uri(uri));
    expect(at('hf://acme/reader/onnx@main')).toBe(at(`hf://acme/reader/onnx@${'c'.repeat(40)}`));
    expect(at('hf://acme/reader/onnx@main')).not.toBe(at('hf://acme/reader@main'));
  });

  /** As versions before spec.runtime.acceptedUpdate gave them: another name would restart every model. */
  test.each([
    { want: 'reader-16415b31', change: makeModelDeployment() },
    {
      want: 'reader-84712447',
      change: makeModelDeployment().spec({ accelerator: { vendor: 'nvidia', count: 2, products: ['NVIDIA-L4', 'NVIDIA-A10'] } }),
    },
    { want: 'reader-16415b31', change: makeModelDeployment().spec({ runtime: {} }) },
  ])('stays $want', ({ change, want }) => expect(nameOf(change)).toBe(want));

  test('keeps the port of the registry and the whole of an https url', () => {
    const at = (uri: string): string => nameOf(makeModelDeployment().uri(uri));
    expect(at('oci://r:5000/m')).toBe(at('oci://r:5000/m:1'));
    expect(at('oci://r:5000/m:1')).not.toBe(at('oci://r/m:1'));
    expect(at('https://r/m:1')).not.toBe(at('https://r/m:2'));
  });
});

test('the source counts as the spec names it; a resolver counts with what it may reach', () => {
  const spec = completeSpec(base.obj().spec);
  const other = completeSpec(makeModelDeployment().uri('oci://registry.test/models/reader:2').obj().spec);
  expect(computeSourceHash(spec)).not.toBe(computeSourceHash(other));
  expect(computeResolverHash(spec, TEST_CONFIG)).not.toBe(computeResolverHash(spec, { ...TEST_CONFIG, plainHttpHosts: ['registry.test'] }));
});

test('another hub counts for what comes from a hub, and for nothing else', () => {
  const hashOf = (uri: string, hubEndpoint?: string): string =>
    computeResolverHash(completeSpec(makeModelDeployment().uri(uri).obj().spec), { ...TEST_CONFIG, hubEndpoint });
  expect(hashOf('hf://acme/reader', 'https://hub.test')).not.toBe(hashOf('hf://acme/reader'));
  expect(hashOf('oci://r/m:1', 'https://hub.test')).toBe(hashOf('oci://r/m:1'));
});

test('canonical JSON does not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      return canonicalJson(value) === canonicalJson(reversed);
    }),
  );
});
