/** Credentials that change under a transport: authorities, certificates of both sides. Tokens are in transport.test.ts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type KeyPair, TestCertificates } from '../../test/fakes/certificates.js';
import { FakeH2Server } from '../../test/fakes/h2-server.js';
import { BACKGROUND_CLOCK } from '../clock.js';
import { type ClusterAccess, inClusterAccess, type TlsMaterial } from './cluster-access.js';
import { RETIREMENT_MS } from './connection.js';
import { H2Connection } from './h2-connection.js';
import { KubeTransport, type TransportOptions } from './transport.js';

const certificates = new TestCertificates();
const cas: Record<'old' | 'new', string> = { old: '', new: '' };
const pairs: Record<'old' | 'new', KeyPair> = { old: { cert: '', key: '' }, new: { cert: '', key: '' } };
let client: KeyPair;
let server: FakeH2Server;
let transport: KubeTransport;
let folder: string;

beforeAll(() => {
  for (const age of ['old', 'new'] as const) {
    cas[age] = certificates.makeAuthority(age);
    pairs[age] = certificates.makePair(`server-${age}`, age);
  }
  client = certificates.makePair('client', 'old');
});
afterAll(() => certificates.remove());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-rotation-'));
  await Promise.all([writeFile(join(folder, 'token'), 'one'), writeFile(join(folder, 'namespace'), 'slipway'), writeCa('old')]);
  server = await new FakeH2Server(pairs.old, (stream, { ':path': path }) => {
    stream.respond({ ':status': 200 });
    if (path?.startsWith('/watch')) stream.write('first\n');
    else stream.end('{}');
  }).listen();
});
afterEach(async () => {
  await transport.close();
  await server.close();
  await rm(folder, { recursive: true });
});

const writeCa = (age: 'old' | 'new') => writeFile(join(folder, 'ca.crt'), cas[age]);
const get = () => transport.request({ method: 'GET', path: '/call' });
const cutAll = async () => {
  for (const socket of server.sockets) socket.destroy();
  await until('the sockets to be gone', () => server.sockets.size === 0);
  await sleep(20);
};
const until = async (what: string, isDone: () => boolean) => {
  for (let waited = 0; !isDone(); waited += 5) {
    if (waited > 3000) throw new Error(`Waited for ${what}`);
    await sleep(5);
  }
};
const open = async (options: Partial<TransportOptions> = {}) => {
  const access = await inClusterAccess({ KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: new URL(server.url).port }, folder);
  if (access === undefined) throw new Error('Not in a cluster');
  transport = new KubeTransport(access, { userAgent: 'test', ...options });
};
const watch = async () => {
  const chunks = (await transport.stream({ method: 'GET', path: '/watch' }, 60_000))[Symbol.asyncIterator]();
  await chunks.next();
  return chunks;
};

test('an authority that rotates is read at the first certificate that is not trusted, not a minute later', async () => {
  await open();
  await get();
  server.present(pairs.new);
  await get(); // the connection that is there goes on
  await cutAll();
  await expect(get()).rejects.toThrow(/certificate/); // the kubelet is not done yet
  await writeCa('new');
  await Promise.all([get(), get(), get()]);
});

test('a server of the old authority after the new one was read: both at once work while both are in the bundle', async () => {
  await writeFile(join(folder, 'ca.crt'), `${cas.old}\n${cas.new}`);
  await open();
  await get();
  server.present(pairs.new);
  await cutAll();
  await get();
});

test('a watch on the old connection goes on, no longer than a watch may last, and calls use the new one', async () => {
  let retire = (): void => undefined;
  const retirement = new Promise<void>((resolve) => {
    retire = resolve;
  });
  const clock = {
    ...BACKGROUND_CLOCK,
    sleep: (ms: number, signal?: AbortSignal) => (ms === RETIREMENT_MS ? retirement : BACKGROUND_CLOCK.sleep(ms, signal)),
  };
  await open({ credentialsMaxAgeMs: 0, connect: (url, tls) => new H2Connection(url, tls, { clock }) });
  const chunks = await watch();
  await get();
  await writeFile(join(folder, 'ca.crt'), `${cas.old}\n${cas.new}`);
  await get();
  await get();
  await until('the old connection of calls to be closed', () => server.sockets.size === 2);
  expect(server.connections).toBe(3);
  const next = chunks.next();
  const early = await Promise.race([next.then(() => 'came'), sleep(50).then(() => 'waits')]);
  expect(early).toBe('waits');
  retire();
  await expect(next).rejects.toThrow('The connection to the API server was closed');
  await until('its socket to be closed', () => server.sockets.size === 1);
});

test('certificates that change with every reading collect no sockets; close leaves none', async () => {
  await open({ credentialsMaxAgeMs: 0 });
  const ends: Promise<string>[] = [];
  for (let round = 0; round < 5; round++) {
    await writeFile(join(folder, 'ca.crt'), `${cas.old}${'\n'.repeat(round % 2)}${round}`);
    const chunks = await watch();
    ends.push(chunks.next().then(String, (error: Error) => error.message));
    await get();
  }
  await until('the sockets of older connections to be closed', () => server.sockets.size <= 4);
  expect((await Promise.all(ends.slice(0, 3))).every((end) => end.includes('closed'))).toBe(true);
  await transport.close();
  await until('all sockets to be closed', () => server.sockets.size === 0);
});

test('a certificate of the client that the server does not take is read again at once', async () => {
  await server.close();
  server = await new FakeH2Server(pairs.old, undefined, { requestCert: true, rejectUnauthorized: true, ca: cas.old }).listen();
  const reads: TlsMaterial[] = [{}, {}, client].map((pair) => ({ ca: cas.old, ...pair }));
  const access: ClusterAccess = {
    server: server.url,
    namespace: 'default',
    credentials: async () => ({ tls: (reads.length > 1 ? reads.shift() : reads[0]) ?? {}, headers: {} }),
  };
  transport = new KubeTransport(access, { userAgent: 'test' });
  await expect(get()).rejects.toThrow('certificate required');
  expect(await get()).toEqual({ ok: true });
});
