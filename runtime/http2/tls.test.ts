import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { TestServer } from './test-server.js';
import { readTlsFiles } from './tls-files.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-tls-'));
const at = (name: string): string => join(folder, name);
let world: TestServer | undefined;
const clients: Client[] = [];

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

/** Certificate `name` by the authority `ca`. */
function makePair(name: string, ca: string): void {
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    `/CN=${name}`,
  );
  writeFileSync(at('extensions'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  const signer = ['-CA', `${ca}.crt`, '-CAkey', `${ca}.key`, '-CAcreateserial'];
  openssl('x509', '-req', '-in', `${name}.csr`, ...signer, '-days', '2', '-extfile', 'extensions', '-out', `${name}.crt`);
}

function makeAuthority(name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
  openssl('req', '-x509', ...key, '-out', `${name}.crt`, '-days', '2', '-subj', `/CN=${name}`);
}

beforeAll(() => {
  makeAuthority('ca');
  makeAuthority('other');
  makePair('one', 'ca');
  makePair('two', 'ca');
  makePair('client', 'ca');
  makePair('stranger', 'other');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await world?.server.drain(1000);
});

/** OK, or the code and text of the refusal. */
function ask(port: number, ...pair: [clientName?: string]): Promise<string> {
  const [name] = pair;
  const read = (file: string): Buffer => execFileSync('cat', [at(file)]);
  const secure =
    name === undefined ? credentials.createSsl(read('ca.crt')) : credentials.createSsl(read('ca.crt'), read(`${name}.key`), read(`${name}.crt`));
  const client = new Client(`localhost:${port}`, secure);
  clients.push(client);
  const same = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest('/t/Echo', same, same, Buffer.from('hi'), { deadline: Date.now() + 2000 }, (error, reply) =>
      resolve(error === null ? `OK ${reply}` : `${error.code}`),
    );
  });
}

/** Common name of the certificate that a new connection gets. */
function servedName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false }, () => {
      resolve(`${socket.alpnProtocol} ${socket.getPeerCertificate().subject.CN}`);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('TLS with ALPN h2', async () => {
  world = await new TestServer({}, { tls: { certFile: at('one.crt'), keyFile: at('one.key') } }).start();
  expect([await ask(world.port), await servedName(world.port)]).toEqual(['OK hi', 'h2 one']);
});

test('mTLS: clients of the authority, and no others', async () => {
  world = await new TestServer({}, { tls: { certFile: at('one.crt'), keyFile: at('one.key'), clientCaFile: at('ca.crt') } }).start();
  expect(await ask(world.port, 'client')).toBe('OK hi');
  expect(await ask(world.port)).not.toMatch('OK');
  expect(await ask(world.port, 'stranger')).not.toMatch('OK');
  expect(world.ends).toEqual(['OK']);
});

test('new files behind the link are served; a pair that does not belong together is not', async () => {
  const swap = (cert: string, key: string): void => {
    for (const [link, target] of [
      ['live.crt', cert],
      ['live.key', key],
    ] as const) {
      symlinkSync(target, at('next'));
      renameSync(at('next'), at(link));
    }
  };
  swap('one.crt', 'one.key');
  world = await new TestServer({}, { tls: { certFile: at('live.crt'), keyFile: at('live.key') } }).start();
  expect(await servedName(world.port)).toBe('h2 one');
  swap('two.crt', 'one.key');
  world.server.reloadTls();
  expect(await servedName(world.port)).toBe('h2 one');
  expect(world.faults).toContain('certificate kept');
  swap('two.crt', 'two.key');
  world.server.reloadTls();
  expect([await servedName(world.port), await ask(world.port)]).toEqual(['h2 two', 'OK hi']);
});

test('a new authority of clients is used for the connections to come', async () => {
  const swap = (target: string): void => {
    symlinkSync(target, at('next'));
    renameSync(at('next'), at('clients.crt'));
  };
  swap('ca.crt');
  world = await new TestServer({}, { tls: { certFile: at('one.crt'), keyFile: at('one.key'), clientCaFile: at('clients.crt') } }).start();
  expect([await ask(world.port, 'client'), await ask(world.port, 'stranger')]).toEqual(['OK hi', expect.not.stringMatching('OK')]);
  swap('other.crt');
  world.server.reloadTls();
  expect([await ask(world.port, 'stranger'), await ask(world.port, 'client')]).toEqual(['OK hi', expect.not.stringMatching('OK')]);
  expect(await ask(world.port)).not.toMatch('OK');
});

test('files that are missing or wrong are named', () => {
  expect(() => readTlsFiles({ certFile: at('none.crt'), keyFile: at('one.key') })).toThrow(
    `Could not read the certificate "${at('none.crt')}" for TLS`,
  );
  expect(() => readTlsFiles({ certFile: at('one.crt'), keyFile: at('two.key') })).toThrow(`with the key "${at('two.key')}"`);
});
