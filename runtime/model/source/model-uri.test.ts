import { describe, expect, test } from '@jest/globals';
import { isDigest, parseModelUri, pinnedDigest, sourceHost } from './model-uri.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;

describe('oci uris', () => {
  test.each([
    ['a tag', 'oci://registry.local/models/reader:4', { registry: 'registry.local', repository: 'models/reader', tag: '4' }],
    ['a port', 'oci://localhost:5000/reader:v1.2_x', { registry: 'localhost:5000', repository: 'reader', tag: 'v1.2_x' }],
    ['no tag', 'oci://registry.local/reader', { registry: 'registry.local', repository: 'reader' }],
    ['a digest', `oci://registry.local/reader@${DIGEST}`, { registry: 'registry.local', repository: 'reader', digest: DIGEST }],
    ['both', `oci://registry.local/a/b/c:1@${DIGEST}`, { registry: 'registry.local', repository: 'a/b/c', tag: '1', digest: DIGEST }],
    ['separators', 'oci://registry.local/a-b/c__d/e.f', { registry: 'registry.local', repository: 'a-b/c__d/e.f' }],
  ])('with %s', (_name, uri, want) => expect(parseModelUri(uri)).toEqual({ scheme: 'oci', ...want }));

  test.each([
    ['no repository', 'oci://registry.local'],
    ['an empty repository', 'oci://registry.local/'],
    ['upper case', 'oci://registry.local/Models/reader'],
    ['a way out of the repository', 'oci://registry.local/a/../../b'],
    ['an empty part', 'oci://registry.local/a//b'],
    ['an empty tag', 'oci://registry.local/reader:'],
    ['a short digest', 'oci://registry.local/reader@sha256:abc'],
    ['another algorithm', `oci://registry.local/reader@sha512:${'a'.repeat(128)}`],
    ['a query', 'oci://registry.local/reader?x=1'],
    ['a space', 'oci://registry.local/reader 4'],
  ])('refused with %s', (_name, uri) => {
    expect(() => parseModelUri(uri)).toThrow(/must have the form oci:\/\/registry\[:port\]\/repository\[:tag\]\[@sha256:<64 hex>\]/);
    expect(() => parseModelUri(uri)).not.toThrow(/secret/);
  });
});

test.each([
  ['a user', 'oci://ann:hunter2@registry.local/reader'],
  ['a slash in the password', 'oci://ann:hunter2/@registry.local/reader'],
  ['a digest, too', `oci://ann:hunter2@registry.local/reader@${DIGEST}`],
  ['no repository', 'oci://ann:hunter2@registry.local'],
])('a password in an oci uri is refused without being repeated: %s', (_name, uri) => {
  const parse = () => parseModelUri(uri);
  expect(parse).toThrow(/must have the form oci:.* without a user name or password in it: .*spec\.model\.secretRef/);
  expect(parse).not.toThrow(/hunter2|ann/);
});

describe('http uris', () => {
  test('keep their URL', () => {
    const uri = parseModelUri('https://models.local:8443/a/reader.onnx?sig=1');
    expect(uri).toMatchObject({ scheme: 'https', url: { href: 'https://models.local:8443/a/reader.onnx?sig=1' } });
    expect(sourceHost(uri)).toBe('models.local:8443');
  });
  test.each(['http://', 'https:///model.onnx', 'http://bad host/x'])('%p is no URL', (uri) => {
    expect(() => parseModelUri(uri === 'https:///model.onnx' ? 'https://' : uri)).toThrow(/is not a URL: use https?:\/\/host\[:port\]\/path/);
  });
  test('a password in it is refused without being repeated', () => {
    const parse = () => parseModelUri('https://ann:hunter2@models.local/reader.onnx');
    expect(parse).toThrow(/"models\.local" has a user name or a password in it.*spec\.model\.secretRef/);
    expect(parse).not.toThrow(/hunter2|ann/);
  });
});

test.each(['ftp://host/model.onnx', 'model.onnx', '', 'HTTPS://host/x', 'javascript:alert(1)'])(
  'the scheme of %p is unknown, and the known ones are listed',
  (uri) => {
    expect(() => parseModelUri(uri)).toThrow(expect.objectContaining({ code: 'URI_INVALID' }));
    expect(() => parseModelUri(uri)).toThrow('has an unknown scheme: use one of oci://, hf://, s3://, https://, http://');
  },
);

test('a pin and a digest in the uri must agree', () => {
  const uri = parseModelUri(`oci://registry.local/reader@${DIGEST}`);
  expect(pinnedDigest(uri, undefined)).toBe(DIGEST);
  expect(pinnedDigest(uri, DIGEST)).toBe(DIGEST);
  expect(pinnedDigest(parseModelUri('oci://registry.local/reader:1'), OTHER)).toBe(OTHER);
  expect(pinnedDigest(parseModelUri('https://models.local/reader'), undefined)).toBeUndefined();
  expect(() => pinnedDigest(uri, OTHER)).toThrow(`names the digest ${DIGEST} and the pin is ${OTHER}: remove one of them`);
});

test.each([
  [DIGEST, true],
  [DIGEST.toUpperCase(), false],
  [`${DIGEST}\n`, false],
  ['sha256:', false],
])('isDigest(%p) is %p', (text, want) => expect(isDigest(text)).toBe(want));
