import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { kubeconfigAccess } from './cluster-access.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const KUBECONFIG = `
apiVersion: v1
kind: Config
current-context: certificate
clusters:
  - name: local
    cluster: {server: "https://10.0.0.1:6443", certificate-authority-data: ${base64('CA')}}
  - name: named
    cluster: {server: "https://10.0.0.2", tls-server-name: kubernetes, insecure-skip-tls-verify: true}
  - name: behind
    cluster: {server: "https://10.0.0.3", proxy-url: "http://proxy:3128"}
users:
  - name: admin
    user: {client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')}}
  - name: robot
    user: {token: secret}
  - name: person
    user: {username: ada, password: lovelace}
contexts:
  - {name: certificate, context: {cluster: local, user: admin, namespace: shop}}
  - {name: token, context: {cluster: named, user: robot}}
  - {name: password, context: {cluster: named, user: person}}
  - {name: behind, context: {cluster: behind, user: robot}}
  - {name: empty, context: {cluster: nowhere, user: robot}}
`;

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-kubeconfig-'));
  file = join(folder, 'config');
  await writeFile(file, KUBECONFIG);
});
afterEach(() => rm(folder, { recursive: true }));

describe('kubeconfigAccess', () => {
  test('the current context, with a client certificate', async () => {
    const access = await kubeconfigAccess({ file });
    expect(access).toMatchObject({ server: 'https://10.0.0.1:6443', namespace: 'shop' });
    expect(await access.credentials()).toEqual({ tls: { ca: 'CA', cert: 'CERT', key: 'KEY' }, headers: {} });
  });
  test('another context, with a token', async () => {
    const access = await kubeconfigAccess({ file, context: 'token' });
    expect(access).toMatchObject({ server: 'https://10.0.0.2', namespace: 'default' });
    expect(await access.credentials()).toEqual({
      tls: { servername: 'kubernetes', rejectUnauthorized: false },
      headers: { authorization: 'Bearer secret' },
    });
  });
  test('a name and a password', async () => {
    const { headers } = await (await kubeconfigAccess({ file, context: 'password' })).credentials();
    expect(headers).toEqual({ authorization: `Basic ${base64('ada:lovelace')}` });
  });
  test.each([
    { context: 'elsewhere', want: /There is no context "elsewhere" in .*config: it has certificate, token, password, behind, empty/ },
    { context: 'empty', want: /Context "empty" of .*config names no cluster/ },
    { context: 'behind', want: /Cluster "behind" of .*config has proxy-url http:\/\/proxy:3128/ },
  ])('context "$context" is refused', async ({ context, want }) => {
    await expect(kubeconfigAccess({ file, context })).rejects.toThrow(want);
  });
});
