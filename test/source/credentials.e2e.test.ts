/** Who gets which credentials: registries that ask for them, token endpoints, redirects, and hosts that only pretend to. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { fetchModel } from '../../runtime/model/source/fetch-model.js';
import { resolveModel } from '../../runtime/model/source/resolve-model.js';
import { FakeRegistry } from './fake-registry.js';
import { openTestContext, type TestContext } from './open-test-context.js';

const MODEL = Buffer.from('the bytes of a model');
const BASIC = `Basic ${Buffer.from('ann:hunter2').toString('base64')}`;
const folder = mkdtempSync(join(tmpdir(), 'slipway-credentials-'));
const opened: TestContext[] = [];
let registry: FakeRegistry;
let tokens: FakeRegistry;
let storage: FakeRegistry;
let digest = '';
let count = 0;

beforeAll(async () => {
  [registry, tokens, storage] = await Promise.all([FakeRegistry.start(), FakeRegistry.start(), FakeRegistry.start()]);
  ({ digest } = registry.addModel('models/reader', '4', MODEL));
  storage.addFile('/bucket/model', MODEL);
  registry.addFile('/reader.onnx', MODEL);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ context }) => context.transport.close()));
  for (const server of [registry, tokens, storage]) server.reset();
});
afterAll(async () => {
  await Promise.all([registry, tokens, storage].map((server) => server.stop()));
  rmSync(folder, { recursive: true });
});

function secret(files: Readonly<Record<string, string>>): string {
  const path = join(folder, `secret-${count++}`);
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

const dockerConfig = (host: string, entry: object) => secret({ '.dockerconfigjson': JSON.stringify({ auths: { [host]: entry } }) });
const password = () => secret({ username: 'ann', password: 'hunter2' });

async function open(uri: string, credentials: string | undefined, plainHttp = '127.0.0.1'): Promise<TestContext> {
  const given = credentials === undefined ? [] : ['--credentials', credentials];
  const made = await openTestContext(['--uri', uri, '--plain-http', plainHttp, ...given]);
  opened.push(made);
  return made;
}

const reader = () => `oci://${registry.host}/models/reader@${digest}`;

async function fetchReader(credentials?: string, plainHttp?: string) {
  const { context } = await open(reader(), credentials, plainHttp);
  return fetchModel(context, join(folder, `model-${count++}`));
}

/** Everything but what has `want` as its Authorization is challenged. */
function demand(want: string, challenge: string | string[]): void {
  registry.intercept = ({ headers }, response) => headers.authorization !== want && refuse(response, challenge);
}

function refuse(response: ServerResponse, challenge: string | string[]): true {
  const body = '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}';
  response.writeHead(401, { 'www-authenticate': challenge, 'content-type': 'application/json' }).end(body);
  return true;
}

/** A token endpoint that gives `token` for the Authorization or form that it wants. */
function giveToken(token: string, accepts: (request: IncomingMessage, body: string) => boolean, key = 'token'): void {
  tokens.intercept = (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      if (accepts(request, body)) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ [key]: token }));
      else response.writeHead(401).end();
    });
    return true;
  };
}

const bearer = () => `Bearer realm="http://${tokens.host}/token",service="the-registry",scope="repository:models/reader:pull"`;

describe('Basic', () => {
  test.each([
    ['username and password', password],
    ['a dockerconfigjson', () => dockerConfig(registry.host, { auth: Buffer.from('ann:hunter2').toString('base64') })],
  ])('with %s', async (_name, credentials) => {
    demand(BASIC, 'Basic realm="Registry"');
    await expect(fetchReader(credentials())).resolves.toMatchObject({ record: { digest } });
  });
  test('nothing is sent before it is asked for', async () => {
    await fetchReader(password());
    expect(registry.seen.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });
  test('a wrong password ends at once, in words that help and without the password', async () => {
    demand('Basic other', 'Basic realm="Registry"');
    await expect(fetchReader(password())).rejects.toMatchObject({
      code: 'SOURCE_UNAUTHORIZED',
      message: expect.stringMatching(/answered 401 .* "UNAUTHORIZED: authentication required": the credentials in the Secret are not accepted/),
    });
    expect(registry.seen).toHaveLength(2);
  });
  test.each([
    ['no Secret', () => undefined, /: no credentials were given: name a Secret in spec\.model\.secretRef$/],
    ["another host's Secret", () => dockerConfig('other.local', { auth: 'YTpi' }), /: the Secret's \.dockerconfigjson names other\.local, not "127/],
  ])('%s: the message says so', async (_name, credentials, want) => {
    demand(BASIC, 'Basic realm="Registry"');
    await expect(fetchReader(credentials())).rejects.toMatchObject({ code: 'SOURCE_UNAUTHORIZED', message: expect.stringMatching(want) });
  });
});

describe('Bearer', () => {
  test('for a password the token endpoint gives a token', async () => {
    demand('Bearer t-1', bearer());
    giveToken('t-1', ({ headers }) => headers.authorization === BASIC);
    await fetchReader(password());
    expect(tokens.seen[0]).toMatchObject({ method: 'GET', path: '/token?service=the-registry&scope=repository%3Amodels%2Freader%3Apull' });
  });
  test('for nobody as well, where the repository is public', async () => {
    demand('Bearer t-1', bearer());
    giveToken('t-1', ({ headers }) => headers.authorization === undefined, 'access_token');
    await fetchReader();
  });
  test("for a docker login's refresh token it is a form (OAuth 2)", async () => {
    demand('Bearer t-1', bearer());
    giveToken('t-1', ({ method, headers }, body) => {
      const form = new URLSearchParams(body);
      return (
        method === 'POST' && headers.authorization === undefined && form.get('refresh_token') === 'refresh' && form.get('service') === 'the-registry'
      );
    });
    await fetchReader(dockerConfig(registry.host, { identitytoken: 'refresh', auth: 'YTo=' }));
  });
  test('a token of the Secret is used as it is', async () => {
    demand('Bearer own', bearer());
    await fetchReader(secret({ token: 'own\n' }));
    expect(tokens.seen).toEqual([]);
  });
  test('offered beside others, in one header or in several', async () => {
    giveToken('t-1', () => true);
    for (const challenge of [['Negotiate', bearer()], `Negotiate, ${bearer()}`, ['Basic realm="x"', bearer()]]) {
      demand('Bearer t-1', challenge);
      await fetchReader(password());
    }
  });
  test('a token that expires in the middle is renewed', async () => {
    let now = 1;
    giveToken('', () => true);
    tokens.intercept = (_request, response) => {
      response.end(JSON.stringify({ token: `t-${now}` }));
      return true;
    };
    registry.intercept = ({ headers, url }, response) => {
      if (url?.includes('/blobs/') === true && now === 1) now = 2;
      return headers.authorization !== `Bearer t-${now}` && refuse(response, bearer());
    };
    await fetchReader(password());
    expect(tokens.seen.length).toBeGreaterThan(1);
  });
  test('the token endpoint refuses', async () => {
    demand('Bearer t-1', bearer());
    giveToken('t-1', () => false);
    await expect(fetchReader(password())).rejects.toMatchObject({
      code: 'SOURCE_UNAUTHORIZED',
      message: expect.stringContaining('answered 401 for the token'),
    });
  });
  test('the token endpoint answers something else', async () => {
    demand('Bearer t-1', bearer());
    giveToken('t-1', () => true, 'hunter2');
    await expect(fetchReader(password())).rejects.toThrow(/token endpoint "127\.0\.0\.1:\d+" answered without a token \(5 tries\)/);
  });
  test('a token endpoint without TLS gets no password unless that host is allowed', async () => {
    demand('Bearer t-1', bearer());
    await expect(fetchReader(password(), registry.host)).rejects.toThrow(
      /wants credentials sent to http:\/\/.*not encrypted: if it is meant, allow that host with --plain-http/,
    );
    expect(tokens.seen).toEqual([]);
  });
});

describe('redirects to storage', () => {
  const redirect = (to: string) => (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.authorization !== BASIC) return refuse(response, 'Basic realm="Registry"');
    if (request.url?.includes('/blobs/') !== true) return false;
    response.writeHead(307, { location: to }).end();
    return true;
  };
  test('get no credentials, and the model comes from there', async () => {
    registry.intercept = redirect(`http://${storage.host}/bucket/model?signature=abc`);
    await expect(fetchReader(password())).resolves.toMatchObject({ record: { bytes: MODEL.length } });
    expect(storage.seen).toEqual([{ method: 'GET', path: '/bucket/model?signature=abc', authorization: undefined, range: undefined }]);
  });
  test('a challenge from there is not answered: neither it nor its token endpoint sees the password', async () => {
    registry.intercept = ({ url }, response) => {
      if (url?.includes('/blobs/') !== true) return false;
      response.writeHead(307, { location: `http://${storage.host}/bucket/model?signature=abc` }).end();
      return true;
    };
    storage.intercept = (_request, response) => refuse(response, bearer());
    giveToken('t-1', () => true);
    await expect(fetchReader(password())).rejects.toMatchObject({ code: 'SOURCE_UNAUTHORIZED', message: expect.not.stringContaining('abc') });
    expect(tokens.seen).toEqual([]);
    expect(storage.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });
  test('a web server that redirects elsewhere takes no credentials along', async () => {
    registry.intercept = ({ url }, response) => {
      if (url !== '/go') return false;
      response.writeHead(302, { location: `http://${storage.host}/bucket/model` }).end();
      return true;
    };
    const { context } = await open(`http://${registry.host}/go`, password());
    await resolveModel({ ...context, flags: { ...context.flags, allowUnpinned: true } });
    expect(registry.seen.map(({ authorization }) => authorization)).toEqual([BASIC]);
    expect(storage.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });
});

describe('plain HTTP', () => {
  test('a registry is spoken to with TLS unless it is allowed without', async () => {
    await expect(fetchReader(undefined, 'other.local')).rejects.toThrow(
      /does not speak TLS: if plain HTTP is meant, allow the host with --plain-http/,
    );
    expect(registry.seen).toEqual([]);
  });
  test('credentials go unencrypted only where it is allowed', async () => {
    const { context } = await open(`http://${registry.host}/reader.onnx`, password(), 'other.local');
    const { context: allowed } = await open(`http://${registry.host}/reader.onnx`, password());
    const consent = { allowUnpinned: true };
    await expect(resolveModel({ ...context, flags: { ...context.flags, ...consent } })).rejects.toThrow(/unencrypted: use https:\/\/, or allow/);
    expect(registry.seen).toEqual([]);
    await resolveModel({ ...allowed, flags: { ...allowed.flags, ...consent } });
    expect(registry.seen[0]?.authorization).toBe(BASIC);
  });
});

test('a Secret that is not mounted, or has nothing of use, is named before anything is asked', async () => {
  await expect(open(reader(), join(folder, 'absent'))).rejects.toThrow(/credentials folder ".*absent" cannot be read: mount the Secret there/);
  await expect(open(reader(), secret({ key: 'x' }))).rejects.toThrow(/has none of what is needed/);
  expect(readdirSync(folder)).not.toContain('absent');
  expect(registry.seen).toEqual([]);
});
