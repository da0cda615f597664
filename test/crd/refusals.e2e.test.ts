/**
 * What the API server says to specs, good and bad, while no operator runs. The CRD is tried under a group of its own, made for the
 * test and removed after it: whatever is installed beside it stays as it is. Nothing is stored, every request is a dry run.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { kubeconfigAccess } from '../../lib/kube/cluster-access.js';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { KubeError } from '../../lib/kube/kube-error.js';
import { parseObject } from '../../lib/kube/kube-object.js';
import { KubeTransport } from '../../lib/kube/transport.js';
import { eventually } from '../contract/eventually.js';
import { CRDS, clusterOfTests } from '../contract/kube-world.js';

const FILE = 'crds/modeldeployments.slipway.dev.yaml';
const GROUP = `t${randomBytes(4).toString('hex')}.slipway.test`;
const PATH = `/apis/${GROUP}/v1alpha1/namespaces/default/modeldeployments`;
const PATIENCE_MS = 30_000;
const ACCEPTED = 'accepted';

let transport: KubeTransport;
let client: KubeClient;

beforeAll(async () => {
  const { kubeconfig, context } = await clusterOfTests();
  transport = new KubeTransport(await kubeconfigAccess({ file: kubeconfig, context }), { userAgent: 'slipway-refusals' });
  client = new KubeClient(transport);
  const names = { '[mdep]': '[]', '[slipway]': '[]', 'slipway.dev': GROUP };
  const yaml = Object.entries(names).reduce((text, [from, to]) => text.replaceAll(from, to), readFileSync(FILE, 'utf8'));
  await client.create(CRDS, parseObject(parse(yaml), CRDS));
  // a server that does not know the kind yet says 404
  await eventually(
    'the CRD to be served',
    PATIENCE_MS,
    () => attempt({ model: OCI }),
    (said) => said === ACCEPTED,
  );
});
afterAll(async () => {
  await client.delete(CRDS, { name: `modeldeployments.${GROUP}` });
  await transport.close();
});

/** `accepted`, or the words of the refusal. */
async function attempt(spec: unknown, name = 'reader'): Promise<string> {
  const body = { apiVersion: `${GROUP}/v1alpha1`, kind: 'ModelDeployment', metadata: { name }, ...(spec === undefined ? {} : { spec }) };
  try {
    await transport.request({ method: 'POST', path: PATH, query: { dryRun: 'All', fieldValidation: 'Strict' }, body });
    return ACCEPTED;
  } catch (error) {
    if (error instanceof KubeError) return error.message;
    throw error;
  }
}

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const OCI = { uri: 'oci://r.example/models/reader:1' };
const resources = (requests: unknown, limits: unknown) => ({ model: OCI, runtime: { resources: { requests, limits } } });
const env = (...items: unknown[]) => ({ model: OCI, runtime: { env: items } });

describe('accepted', () => {
  test.each<[string, unknown]>([
    ['a uri alone', { model: OCI }],
    ['a registry with a port and nothing after the repository', { model: { uri: 'oci://localhost:5000/reader' } }],
    ['one digest said twice', { model: { uri: `oci://r.example/reader@${digest('a')}`, digest: digest('a') } }],
    ['a model of a hub', { model: { uri: 'hf://acme/reader' } }],
    ['an object of a bucket', { model: { uri: 's3://my.models-1/reader/net.onnx' } }],
    ['a prefix', { model: { uri: 's3://models/a+b=(c)!*-_.1/' } }],
    ['a whole bucket', { model: { uri: 's3://models' } }],
    ['a file of it at a revision', { model: { uri: 'hf://acme/reader_1.0/onnx/model.onnx@refs/pr/7' } }],
    ['https with a digest', { model: { uri: 'https://r.example/reader.onnx', digest: digest('a') } }],
    ['http without one, if told so', { model: { uri: 'http://r.example/reader.onnx', allowUnpinned: true } }],
    ['a quantity as a number, equal to its limit in another form', resources({ cpu: 1 }, { cpu: '1000m' })],
    ['requests of one thing and limits of another', resources({ cpu: '500m' }, { memory: '1Gi' })],
    ['ephemeral storage', resources({ 'ephemeral-storage': '1Gi' }, { 'ephemeral-storage': '2G' })],
    ['an empty variable', env({ name: 'A' }, { name: 'B', value: '' })],
    ['an update', { model: OCI, runtime: { acceptedUpdate: '1a2b3c4d' } }],
    ['one of a later version, with as long an id as there may be', { model: OCI, runtime: { acceptedUpdate: 'a'.repeat(63) } }],
    ['products of NVIDIA', { model: OCI, accelerator: { vendor: 'nvidia', products: ['NVIDIA-L4', 'NVIDIA-A10'] } }],
    ['no replicas', { model: OCI, replicas: 0, suspend: true }],
  ])('%s', async (_name, spec) => expect(await attempt(spec)).toBe(ACCEPTED));

  test('a name of 45 characters', async () => expect(await attempt({ model: OCI }, 'a'.repeat(45))).toBe(ACCEPTED));
});

/** Each names the field, the value and what to write instead. */
describe('refused for one reason', () => {
  test.each<[string, unknown, string[]]>([
    ['an unknown scheme', { model: { uri: 'ftp://bucket/m' } }, ['spec.model.uri', '"ftp://bucket/m"', 'oci://, hf://, s3://, https://, http://']],
    ['a scheme in capitals', { model: { uri: 'OCI://r.example/m' } }, ['spec.model.uri', '"OCI://r.example/m"', 'oci://']],
    ['an empty uri', { model: { uri: '' } }, ['spec.model.uri', 'unknown scheme: ""', 'oci://']],
    ['a long one is cut', { model: { uri: `ftp://${'b'.repeat(1500)}` } }, [`"ftp://${'b'.repeat(74)}"`]],
    ['no repository', { model: { uri: 'oci://r.example' } }, ['oci://registry[:port]/repository', '"oci://r.example"']],
    ['a repository in capitals', { model: { uri: 'oci://r.example/Reader' } }, ['in lower case', '"oci://r.example/Reader"']],
    ['a digest of another kind', { model: { uri: 'oci://r.example/m@sha512:abc' } }, ['@sha256:<64 hex>', 'm@sha512:abc"']],
    ['half a digest in the uri', { model: { uri: 'oci://r.example/m@sha256:abc' } }, ['@sha256:<64 hex>', 'm@sha256:abc"']],
    ['a password in a URL', { model: { uri: 'https://u:hunter2@r.example/m', digest: digest('a') } }, ['spec.model.secretRef']],
    ['a password before a registry', { model: { uri: 'oci://u:hunter2@r.example/m:1' } }, ['without a user name', 'spec.model.secretRef']],
    ['one with a slash', { model: { uri: 'oci://u:hunter2/@r.example/m' } }, ['without a user name', 'spec.model.secretRef']],
    ['one and a digest', { model: { uri: `oci://u:hunter2@r.example/m@${digest('a')}` } }, ['without a user name', 'spec.model.secretRef']],
    ['one and no repository', { model: { uri: 'oci://u:hunter2@r.example' } }, ['oci://registry[:port]/repository', 'without a user name']],
    ['one in an unknown scheme', { model: { uri: 'docker://u:hunter2@r.example/m' } }, ['unknown scheme', 'oci://', 'without a user name']],
    ['one without a scheme', { model: { uri: 'u:hunter2@r.example/m' } }, ['unknown scheme', 'oci://', 'without a user name']],
    ['two digests', { model: { uri: `oci://r.example/m@${digest('a')}`, digest: digest('b') } }, ['spec.model.digest', digest('b'), 'remove']],
    ['no bucket', { model: { uri: 's3:///reader' } }, ['s3://bucket[/key or prefix]', 'is "s3:///reader"']],
    ['a way out of a prefix', { model: { uri: 's3://models/../reader' } }, ['s3://bucket[/key or prefix]', 'models/../reader"']],
    ['keys before a bucket', { model: { uri: 's3://AKID:hunter2@models/reader' } }, ['s3://bucket', 'without a user name', 'spec.model.secretRef']],
    ['a hub without a model', { model: { uri: 'hf://acme' } }, ['hf://owner/model[/path]', 'is "hf://acme"']],
    ['a way out of a repository', { model: { uri: 'hf://acme/reader/../x@main' } }, ['hf://owner/model[/path]', 'acme/reader/../x@main"']],
    [
      'a password before a hub',
      { model: { uri: 'hf://u:hunter2@acme/reader' } },
      ['hf://owner/model', 'without a user name', 'spec.model.secretRef'],
    ],
    ['a token before a hub', { model: { uri: 'hf://hunter2@acme/reader' } }, ['hf://owner/model', 'without a user name']],
    ['two digests, of which one is none', { model: { uri: `oci://r.example/m@${digest('a')}`, digest: 'x' } }, ['64 lower-case', '"x"']],
    ['https without a digest', { model: { uri: 'https://r.example/m' } }, ['spec.model.digest is required', 'spec.model.allowUnpinned: true']],
    ['https with an empty one', { model: { uri: 'https://r.example/m', digest: '' } }, ['spec.model.digest', '64 lower-case', 'not ""']],
    ['a digest in capitals', { model: { ...OCI, digest: 'sha256:ABC' } }, ['spec.model.digest', '64 lower-case', '"sha256:ABC"']],
    ['a version that is none', { model: { ...OCI, version: 'v4' } }, ['spec.model.version', '"v4"', 'such as "4"']],
    ['a Secret that cannot be', { model: { ...OCI, secretRef: { name: 'Bad Name' } } }, ['spec.model.secretRef.name', '"Bad Name"', 'a-z']],
    ['a Secret without a name', { model: { ...OCI, secretRef: { name: '' } } }, ['spec.model.secretRef.name', 'not ""']],
    ['more than the limit, one a number', resources({ cpu: 2 }, { cpu: '1500m' }), ['requests must not exceed', 'cpu asks for 2 of 1500m']],
    ['more memory than the limit', resources({ memory: '2Gi' }, { memory: '1Gi' }), ['memory asks for 2Gi of 1Gi']],
    ['less than nothing', resources({ cpu: '-1' }, {}), ['spec.runtime.resources.requests[cpu]', 'at least 0', '"-1"']],
    ['a limit of less than nothing', resources({ memory: '1Gi' }, { memory: -5 }), ['spec.runtime.resources.limits[memory]', '"-5"']],
    ['what is no quantity', resources({}, { memory: '12 GB' }), ['spec.runtime.resources.limits[memory]', '"12 GB"', '2Gi']],
    ['devices among the limits', resources({}, { 'nvidia.com/gpu': 1 }), ['limits', 'not nvidia.com/gpu', 'spec.accelerator']],
    ['a variable of Slipway', env({ name: 'SLIPWAY_X', value: '1' }), ['spec.runtime.env[0]', 'SLIPWAY_X', 'Slipway sets it']],
    ['a variable twice', env({ name: 'A', value: '1' }, { name: 'A', value: '2' }), ['spec.runtime.env[1]', 'Duplicate value', '"A"']],
    [
      'an update that is none',
      { model: OCI, runtime: { acceptedUpdate: 'Latest!' } },
      ['spec.runtime.acceptedUpdate', '"Latest!"', 'status.update.id'],
    ],
    ['an empty update', { model: OCI, runtime: { acceptedUpdate: '' } }, ['spec.runtime.acceptedUpdate', 'not ""', 'remove the field']],
    [
      'an update with too long an id',
      { model: OCI, runtime: { acceptedUpdate: 'a'.repeat(64) } },
      ['spec.runtime.acceptedUpdate', 'status.update.id'],
    ],
    ['products of AMD', { model: OCI, accelerator: { vendor: 'amd', products: ['MI300'] } }, ['spec.accelerator.products', 'for vendor amd']],
    ['no device', { model: OCI, accelerator: { vendor: 'nvidia', count: 0 } }, ['spec.accelerator.count', '0']],
    ['too many pods', { model: OCI, replicas: 100_000 }, ['spec.replicas', '100000', '1000']],
    ['unknown fields', { model: { ...OCI, colour: 'red' }, size: 2 }, ['"spec.model.colour"', '"spec.size"']],
    ['a variable from elsewhere', env({ name: 'A', valueFrom: {} }), ['"spec.runtime.env[0].valueFrom"']],
  ])('%s', async (_name, spec, want) => {
    const said = await attempt(spec);
    for (const words of want) expect(said).toContain(words);
    // the API server puts several reasons into brackets
    expect(said).not.toContain('is invalid: [');
    expect(said).not.toContain('hunter2');
  });

  test.each(['a'.repeat(46), 'a.b', '1a'])('the name %s', async (name) => {
    const said = await attempt({ model: OCI }, name);
    expect(said).toContain(`metadata.name must be an RFC 1035 label of at most 45 characters`);
    expect(said).toContain(`"${name}" is none`);
    expect(said).not.toContain('is invalid: [');
  });

  test('no spec at all', async () => expect(await attempt(undefined)).toContain('spec: Required value'));
});
