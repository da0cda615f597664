import { describe, expect, test } from '@jest/globals';
import { checkPinned, parseSourceFlags } from './source-flags.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const URI = 'oci://registry.local/reader:4';

test('every flag, with = and without', () => {
  const argv = ['--uri', URI, `--digest=${DIGEST}`, '--dest', '/d/reader/4', '--credentials', '/c', '--ca-bundle', '/ca', '--allow-unpinned'];
  expect(parseSourceFlags([...argv, '--plain-http', 'Registry:5000, other,'])).toEqual({
    uriText: URI,
    uri: { scheme: 'oci', registry: 'registry.local', repository: 'reader', tag: '4' },
    digest: DIGEST,
    dest: '/d/reader/4',
    credentials: '/c',
    caBundle: '/ca',
    allowUnpinned: true,
    plainHttp: ['registry:5000', 'other'],
  });
});

test('the digest may stand in the uri', () => {
  expect(parseSourceFlags(['--uri', `oci://registry.local/reader@${DIGEST}`])).toMatchObject({ digest: DIGEST, allowUnpinned: false, plainHttp: [] });
});

test.each([
  ['no uri', [], 'USAGE', /--uri is missing: give the model's uri/],
  ['no value', ['--uri'], 'USAGE', /--uri needs a value/],
  ['an empty value', ['--uri='], 'USAGE', /--uri needs a value/],
  ['twice', ['--uri', URI, '--uri', URI], 'USAGE', /--uri is given twice/],
  ['an unknown flag', ['--uri', URI, '--frob'], 'USAGE', /"--frob" is not known here: use --uri, --digest/],
  ['a word', [URI], 'USAGE', /is not known here/],
  ['a value for a switch', ['--uri', URI, '--allow-unpinned=false'], 'USAGE', /--allow-unpinned takes no value/],
  ['a bad digest', ['--uri', URI, '--digest', 'sha256:AB'], 'USAGE', /--digest "sha256:AB" must be sha256: followed by 64 lower-case hex/],
  ['a bad uri', ['--uri', 'ftp://x/y'], 'URI_INVALID', /unknown scheme/],
])('refused: %s', (_name, argv, code, want) => {
  expect(() => parseSourceFlags(argv)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(want) }));
});

describe('a source without versions', () => {
  const url = 'https://models.local/reader.onnx';
  test.each([
    ['oci needs nothing', ['--uri', URI]],
    ['a digest will do', ['--uri', url, '--digest', DIGEST]],
    ['consent will do', ['--uri', url, '--allow-unpinned']],
  ])('%s', (_name, argv) => expect(() => checkPinned(parseSourceFlags(argv))).not.toThrow());
  test('needs one of them', () => {
    expect(() => checkPinned(parseSourceFlags(['--uri', `${url}?sig=hunter2`]))).toThrow(
      expect.objectContaining({ code: 'UNPINNED', message: expect.stringMatching(/spec\.model\.digest.*spec\.model\.allowUnpinned/) }),
    );
    expect(() => checkPinned(parseSourceFlags(['--uri', `${url}?sig=hunter2`]))).not.toThrow(/hunter2/);
  });
});
