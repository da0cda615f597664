import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { basicHeader, pickCredentials, readSecretFiles } from './credentials.js';

const basic = (username: string, password: string) => ({ kind: 'basic', username, password });
const auth = (pair: string) => ({ auth: Buffer.from(pair).toString('base64') });
const config = (auths: unknown) => ({ dockerConfig: JSON.stringify({ auths }) });

describe('dockerconfigjson', () => {
  test.each<[string, unknown, string, string, unknown]>([
    ['auth', { 'registry.local': auth('ann:pw') }, 'registry.local', 'a', basic('ann', 'pw')],
    ['a password with a colon', { 'registry.local': auth('ann:p:w') }, 'registry.local', 'a', basic('ann', 'p:w')],
    ['username and password', { 'registry.local': { username: 'ann', password: 'pw' } }, 'registry.local', 'a', basic('ann', 'pw')],
    ['a registry token', { 'registry.local': { registrytoken: 't', ...auth('a:b') } }, 'registry.local', 'a', { kind: 'token', token: 't' }],
    ['an identity token', { 'registry.local': { identitytoken: 't', ...auth('a:') } }, 'registry.local', 'a', { kind: 'identity', token: 't' }],
    ['a scheme and a path in the key', { 'https://registry.local/v2/': auth('ann:pw') }, 'registry.local', 'a', basic('ann', 'pw')],
    ['a port', { 'registry.local:5000': auth('ann:pw') }, 'registry.local:5000', 'a', basic('ann', 'pw')],
    ['upper case', { 'Registry.Local': auth('ann:pw') }, 'REGISTRY.local', 'a', basic('ann', 'pw')],
    ['Docker Hub under its old name', { 'https://index.docker.io/v1/': auth('ann:pw') }, 'docker.io', 'library/x', basic('ann', 'pw')],
    ['Docker Hub under its API name', { 'docker.io': auth('ann:pw') }, 'registry-1.docker.io', 'library/x', basic('ann', 'pw')],
    [
      'the longest path that covers the repository',
      { 'registry.local': auth('all:1'), 'registry.local/team': auth('team:2'), 'registry.local/team/other': auth('other:3') },
      'registry.local',
      'team/reader',
      basic('team', '2'),
    ],
    [
      'whole path segments only',
      { 'registry.local/tea': auth('x:y'), 'registry.local': auth('ann:pw') },
      'registry.local',
      'team',
      basic('ann', 'pw'),
    ],
    ['a wildcard for one label', { '*.registry.local': auth('ann:pw') }, 'eu.registry.local', 'a', basic('ann', 'pw')],
  ])('%s', (_name, auths, host, repository, want) => expect(pickCredentials(config(auths), host, repository)).toEqual(want));

  test.each([
    ['another host', { 'other.local': auth('a:b') }, 'the Secret\'s .dockerconfigjson names other.local, not "registry.local"'],
    ['the same host on another port', { 'registry.local:5000': auth('a:b') }, 'names registry.local:5000, not "registry.local"'],
    ['a wildcard for two labels', { '*.local': auth('a:b') }, 'names *.local, not "registry.local"'],
    ['no host', {}, 'names no registry at all'],
  ])('for %s is anonymous and says so', (_name, auths, hint) => {
    const host = _name === 'a wildcard for two labels' ? 'eu.registry.local' : 'registry.local';
    expect(pickCredentials(config(auths), host, 'reader')).toEqual({
      kind: 'anonymous',
      hint: expect.stringContaining(hint.replace('"registry.local"', `"${host}"`)),
    });
  });

  test.each([
    ['no JSON', 'hunter2', /is not JSON with an "auths" object: make it with kubectl create secret docker-registry/],
    ['no auths', '{"registry.local":{"password":"hunter2"}}', /is not JSON with an "auths" object/],
    ['an empty entry', '{"auths":{"registry.local":{"email":"hunter2"}}}', /has no usable auth, username and password, or token/],
    ['auth without a colon', `{"auths":{"registry.local":{"auth":"${Buffer.from('hunter2').toString('base64')}"}}}`, /has no usable auth/],
  ])('with %s is refused and not quoted', (_name, dockerConfig, want) => {
    const pick = () => pickCredentials({ dockerConfig }, 'registry.local');
    expect(pick).toThrow(expect.objectContaining({ code: 'SOURCE_UNAUTHORIZED', message: expect.stringMatching(want) }));
    expect(pick).not.toThrow(/hunter2/);
  });
});

describe('plain keys', () => {
  test('a token goes before a password', () => {
    expect(pickCredentials({ token: ' t\n', username: 'ann', password: 'pw' }, 'h')).toEqual({ kind: 'token', token: 't' });
  });
  test('a line break that an editor left is not part of a password, spaces are', () => {
    expect(pickCredentials({ username: 'ann\n', password: ' p w \n' }, 'h')).toEqual(basic('ann', ' p w '));
  });
  test.each([{}, { username: 'ann' }, { password: 'pw' }])('%j is refused with the keys that would do', (files) => {
    expect(() => pickCredentials(files, 'h')).toThrow('the key .dockerconfigjson, or username and password, or token');
  });
});

test('reads only the keys that it knows from the mounted folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-secret-'));
  for (const name of ['username', 'password', 'other']) writeFileSync(join(folder, name), name);
  expect(await readSecretFiles(folder)).toEqual({ username: 'username', password: 'password' });
  rmSync(folder, { recursive: true });
  await expect(readSecretFiles(folder)).rejects.toThrow(/credentials folder ".*" cannot be read: mount the Secret there/);
});

test('a Basic header is UTF-8 in base64', () => {
  expect(Buffer.from(basicHeader('ann', 'grün').slice(6), 'base64').toString()).toBe('ann:grün');
});
