import { describe, expect, test } from '@jest/globals';
import { awsEncode, signRequest } from './sign-request.js';

/** Keys, instant and bucket of the examples in "Signature Calculations for the Authorization Header" of the S3 API reference. */
const SCOPE = {
  keys: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
  region: 'us-east-1',
  nowMs: Date.UTC(2013, 4, 24),
};
const at = (path: string) => new URL(path, 'https://examplebucket.s3.amazonaws.com');
const signatureOf = (path: string, headers: Record<string, string> = {}) =>
  signRequest({ method: 'GET', url: at(path), headers }, SCOPE).authorization.replace(/^.*Signature=/, '');

describe('the examples of the S3 API reference', () => {
  test.each([
    ['GET Object', '/test.txt', { range: 'bytes=0-9' }, 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'],
    ['GET Bucket Lifecycle', '/?lifecycle', {}, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
    ['GET Bucket (List Objects)', '/?max-keys=2&prefix=J', {}, '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
  ])('%s', (_name, path, headers, want) => expect(signatureOf(path, headers)).toBe(want));
});

test('a session token is sent, and signed', () => {
  const { headers, authorization } = signRequest(
    { method: 'GET', url: at('/a'), headers: {} },
    { ...SCOPE, keys: { ...SCOPE.keys, sessionToken: 'T' } },
  );
  expect(headers).toMatchObject({ 'x-amz-security-token': 'T', 'x-amz-date': '20130524T000000Z' });
  expect(authorization).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,');
});

test('encodes what URLs leave alone', () => expect(awsEncode("a b!'()*~/ü")).toBe('a%20b%21%27%28%29%2A~%2F%C3%BC'));
