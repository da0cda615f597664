import { expect, test } from '@jest/globals';
import { redactText, redactUrl } from './redact.js';

test.each([
  ['https://ann:pw@host/a', 'https://host/a'],
  ['https://ann:p@w@host/a', 'https://host/a'],
  ['https://token@host/a', 'https://host/a'],
  ['https://host/a?X-Amz-Signature=abc', 'https://host/a?…'],
  ['https://host?user=a@b', 'https://host?…'],
  ['https://host/a#frag', 'https://host/a?…'],
  ['oci://registry:5000/a:1@sha256:abc', 'oci://registry:5000/a:1@sha256:abc'],
  ['got "https://host/a?sig=1" and http://u:p@b/c?x=2.', 'got "https://host/a?…" and http://b/c?…'],
  ['Authorization: Bearer abcdefgh.ijk', 'Authorization: Bearer …'],
  ['Authorization: Basic YW5uOnB3MTIz=', 'Authorization: Basic …'],
  ['a Basic check of Bearer x', 'a Basic check of Bearer x'],
])('%s', (text, want) => expect(redactText(text)).toBe(want));

test('a URL keeps host and path alone', () => {
  expect(redactUrl(new URL('https://ann:pw@host:8443/a/b?sig=1#x'))).toBe('https://host:8443/a/b?…');
  expect(redactUrl(new URL('https://host/a'))).toBe('https://host/a');
});
