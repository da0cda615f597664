import { expect, test } from '@jest/globals';
import { parseChallenge } from './auth-challenge.js';

test.each([
  [
    'Bearer, as Docker Hub asks',
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    { scheme: 'bearer', params: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' } },
  ],
  ['Basic', 'Basic realm="Registry"', { scheme: 'basic', params: { realm: 'Registry' } }],
  ['Basic without a realm', 'Basic', { scheme: 'basic', params: {} }],
  ['lower case and spaces', 'bearer  realm = "https://a/t" , service=b', { scheme: 'bearer', params: { realm: 'https://a/t', service: 'b' } }],
  ['Basic before Bearer', 'Basic realm="x", Bearer realm="https://a/t"', { scheme: 'bearer', params: { realm: 'https://a/t' } }],
  ['Bearer before Basic', 'Bearer realm="https://a/t", Basic realm="x"', { scheme: 'bearer', params: { realm: 'https://a/t' } }],
  ['after a scheme that we cannot answer', 'Negotiate, Basic realm="x"', { scheme: 'basic', params: { realm: 'x' } }],
  ['quotes inside quotes', 'Basic realm="say \\"hi\\""', { scheme: 'basic', params: { realm: 'say "hi"' } }],
  ['Bearer without a realm', 'Bearer service="x"', undefined],
  ['Negotiate alone', 'Negotiate', undefined],
  ['a word that only ends so', 'XBasic realm="x"', undefined],
  ['nothing', undefined, undefined],
])('%s', (_name, header, want) => expect(parseChallenge(header)).toEqual(want));
