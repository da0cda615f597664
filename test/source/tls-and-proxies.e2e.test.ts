/** Private authorities and proxies, as companies have them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureBinaries } from '../../cluster/binaries.js';
import { exec } from '../../hack/exec.js';
import { fetchModel } from '../../runtime/model/source/fetch-model.js';
import { FakeRegistry } from './fake-registry.js';
import { openTestContext, type TestContext } from './open-test-context.js';

const MODEL = Buffer.from('the bytes of a model');
const folder = mkdtempSync(join(tmpdir(), 'slipway-tls-'));
const certificates = join(folder, 'certificates');
const ca = join(certificates, 'ca.crt');
const opened: TestContext[] = [];
let secure: FakeRegistry;
let plain: FakeRegistry;
let misnamed: FakeRegistry;
let proxy: TestProxy;
let digest = '';
let count = 0;

/** Knows the one name that only it can resolve; answers CONNECT and requests for whole URLs. */
class TestProxy {
  readonly seen: string[] = [];
  wanted: string | undefined;
  status = 200;
  readonly #tunnels = new Set<Duplex>();
  readonly #server: Server = createServer((request, response) => this.#forward(request, response));

  constructor(readonly ports: ReadonlyMap<string, number>) {
    this.#server.on('connect', (request: IncomingMessage, socket: Duplex) => this.#tunnel(request, socket));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#tunnels) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #refusal({ headers }: IncomingMessage): number | undefined {
    if (this.wanted !== undefined && headers['proxy-authorization'] !== this.wanted) return 407;
    return this.status === 200 ? undefined : this.status;
  }

  #tunnel(request: IncomingMessage, socket: Duplex): void {
    this.seen.push(`CONNECT ${request.url}`);
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal} No\r\ncontent-length: 0\r\n\r\n`);
    const upstream: Socket = connect(this.ports.get(request.url ?? '') ?? 1, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [socket, upstream]) {
      this.#tunnels.add(end);
      end.on('error', () => undefined);
    }
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '');
    this.seen.push(`${request.method} ${request.url}`);
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return void response.writeHead(refusal).end();
    const port = this.ports.get(`${url.hostname}:80`);
    httpRequest({ host: '127.0.0.1', port, path: url.pathname, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }).end();
  }
}

beforeAll(async () => {
  const { nodebox } = await ensureBinaries((line) => console.log(line));
  const leaf = (name: string, hosts: string[]) => ({ name, commonName: name, hosts });
  writeFileSync(
    join(folder, 'requests.json'),
    JSON.stringify([leaf('registry', ['localhost', '127.0.0.1', 'registry.invalid']), leaf('misnamed', ['x.invalid'])]),
  );
  await exec(nodebox, ['certs', certificates, join(folder, 'requests.json')]);
  const tls = (name: string) => ({
    cert: readFileSync(join(certificates, `${name}.crt`), 'utf8'),
    key: readFileSync(join(certificates, `${name}.key`), 'utf8'),
  });
  [secure, plain, misnamed] = await Promise.all([FakeRegistry.start(tls('registry')), FakeRegistry.start(), FakeRegistry.start(tls('misnamed'))]);
  for (const server of [secure, plain, misnamed]) ({ digest } = server.addModel('reader', '4', MODEL));
  proxy = new TestProxy(
    new Map([
      ['registry.invalid:443', secure.port],
      ['plain.invalid:80', plain.port],
    ]),
  );
  await proxy.listen();
}, 600_000);
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ context }) => context.transport.close()));
  for (const server of [secure, plain, misnamed]) server.reset();
  Object.assign(proxy, { wanted: undefined, status: 200 });
  proxy.seen.length = 0;
});
afterAll(async () => {
  await Promise.all([secure.stop(), plain.stop(), misnamed.stop(), proxy.stop()]);
  rmSync(folder, { recursive: true });
});

async function fetchFrom(host: string, flags: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<TestContext> {
  const made = await openTestContext(['--uri', `oci://${host}/reader:4`, '--digest', digest, ...flags], { env });
  opened.push(made);
  await fetchModel(made.context, join(folder, `model-${count++}`));
  return made;
}

describe('a private authority', () => {
  test('is trusted when its bundle is given', async () => {
    await fetchFrom(secure.host, ['--ca-bundle', ca]);
  });
  test('may stand in a bundle of several', async () => {
    writeFileSync(join(folder, 'bundle.pem'), `# ours\n${readFileSync(join(certificates, 'misnamed.crt'), 'utf8')}\n${readFileSync(ca, 'utf8')}`);
    await fetchFrom(secure.host, ['--ca-bundle', join(folder, 'bundle.pem')]);
  });
  test('is not trusted otherwise, which no second try mends', async () => {
    await expect(fetchFrom(secure.host, [])).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: expect.stringMatching(/not signed by a known authority: give the CA with --ca-bundle, in the chart with caBundle\.configMap$/),
    });
    expect(secure.seen).toEqual([]);
  });
  test('does not make a certificate of another name right', async () => {
    await expect(fetchFrom(misnamed.host, ['--ca-bundle', ca])).rejects.toThrow(/its certificate is for another name/);
  });
  test.each([
    ['absent.pem', undefined, /The CA bundle ".*absent\.pem" cannot be read/],
    ['empty.pem', 'nothing', /The CA bundle ".*empty\.pem" has no certificate in it: it must be PEM/],
  ])('%s is named', async (name, text, want) => {
    if (text !== undefined) writeFileSync(join(folder, name), text);
    await expect(fetchFrom(secure.host, ['--ca-bundle', join(folder, name)])).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(want),
    });
  });
  test('a redirect from TLS to plain HTTP is not followed, unless that host is allowed', async () => {
    const answer = (_request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(302, { location: `http://${plain.host}${_request.url}` }).end();
      return true;
    };
    secure.intercept = answer;
    await expect(fetchFrom(secure.host, ['--ca-bundle', ca])).rejects.toThrow(/redirects from https to plain http at .*, which is not followed/);
    expect(plain.seen).toEqual([]);
    await fetchFrom(secure.host.replace('127.0.0.1', 'localhost'), ['--ca-bundle', ca, '--plain-http', plain.host]);
    expect(plain.seen).toHaveLength(2);
  });
});

describe('a proxy', () => {
  test('carries TLS in a tunnel to hosts that only it can reach', async () => {
    await fetchFrom('registry.invalid', ['--ca-bundle', ca], { HTTPS_PROXY: `http://${proxy.host}` });
    expect(new Set(proxy.seen)).toEqual(new Set(['CONNECT registry.invalid:443']));
  });
  test('takes plain HTTP as whole URLs, as every proxy does', async () => {
    await fetchFrom('plain.invalid', ['--plain-http', 'plain.invalid'], { HTTP_PROXY: proxy.host });
    expect(proxy.seen[0]).toBe(`GET http://plain.invalid/v2/reader/manifests/${digest}`);
  });
  test('is passed by for hosts in NO_PROXY and for this machine', async () => {
    const env = { HTTPS_PROXY: `http://${proxy.host}`, HTTP_PROXY: `http://${proxy.host}` };
    await fetchFrom(secure.host, ['--ca-bundle', ca], env);
    await fetchFrom(plain.host, ['--plain-http', '127.0.0.1'], env);
    expect(proxy.seen).toEqual([]);
  });
  test('gets the user and password of its URL', async () => {
    proxy.wanted = `Basic ${Buffer.from('bob:s3cret').toString('base64')}`;
    const { lines } = await fetchFrom('registry.invalid', ['--ca-bundle', ca], { HTTPS_PROXY: `http://bob:s3cret@${proxy.host}` });
    expect(lines.join()).not.toContain('s3cret');
  });
  test.each([
    [
      'that wants credentials',
      407,
      ['registry.invalid'],
      { code: 'SOURCE_UNREACHABLE' },
      /the proxy wants credentials \(407\): put them into HTTP_PROXY/,
    ],
    ['that forbids the host', 403, ['registry.invalid'], { code: 'SOURCE_UNREACHABLE' }, /the proxy answered 403: check HTTPS_PROXY.*NO_PROXY/],
    ['that is broken', 502, ['registry.invalid'], { code: 'SOURCE_UNREACHABLE' }, /the proxy answered 502.*\(5 tries\)/],
  ])('%s is named with the fix', async (_name, status, [host = ''], want, text) => {
    proxy.status = status;
    const going = fetchFrom(host, ['--ca-bundle', ca], { HTTPS_PROXY: `http://bob:s3cret@${proxy.host}` });
    await expect(going).rejects.toMatchObject({ ...want, message: expect.stringMatching(text) });
    await expect(going).rejects.toThrow(`Could not reach "registry.invalid" through the proxy "${proxy.host}"`);
    await expect(going).rejects.not.toThrow(/s3cret/);
  });
  test('that nobody listens at is named', async () => {
    const gone = new TestProxy(new Map());
    await gone.listen();
    const { host } = gone;
    await gone.stop();
    await expect(fetchFrom('registry.invalid', [], { HTTPS_PROXY: `http://${host}` })).rejects.toThrow(
      `Could not reach "registry.invalid" through the proxy "${host}": connection refused`,
    );
  });
});
