/** Clients of other projects against the real server: every method of Triton's Python clients, and KServe's. What each check wants stands in test/runtime/foreign/. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { type Outcomes, once, readCheckNames, runChecks } from './check-lines.js';
import { checkTest, expectOutcome } from './check-test.js';
import { runPython } from './foreign-client.js';
import { ensurePythonVenv } from './python-venv.js';
import { ServerProcess } from './server-process.js';

interface Suite {
  readonly name: string;
  readonly script: string;
  /** Folder of the environment's requirements, under test/runtime. */
  readonly venv?: string;
  readonly isAdmin?: boolean;
  readonly args: (server: Addresses) => readonly string[];
}

interface Addresses {
  readonly grpc: string;
  readonly rest: string;
}

const SUITES: readonly Suite[] = [
  { name: 'triton over gRPC', script: 'triton_core.py', args: ({ grpc }) => ['gRPC', grpc] },
  { name: 'triton over HTTP', script: 'triton_core.py', args: ({ rest }) => ['HTTP', rest] },
  { name: 'triton for asyncio', script: 'triton_asyncio.py', args: ({ grpc, rest }) => [grpc, rest] },
  { name: 'triton streams', script: 'triton_stream.py', args: ({ grpc }) => ['gRPC', grpc] },
  { name: 'triton administration over gRPC', script: 'triton_admin.py', isAdmin: true, args: ({ grpc }) => ['gRPC', grpc, folder] },
  { name: 'triton administration over HTTP', script: 'triton_admin.py', isAdmin: true, args: ({ rest }) => ['HTTP', rest, folder] },
  { name: 'KServe', script: 'kserve_grpc.py', venv: 'kserve', args: ({ grpc, rest }) => [grpc, rest] },
];
const folder = mkdtempSync(join(tmpdir(), 'slipway-foreign-'));
const servers: ServerProcess[] = [];
const plain = once(() => serve([]));
const admin = once(() => serve(['--admin']));

beforeAll(async () => {
  const python = await ensurePythonVenv();
  await ensurePythonVenv('kserve');
  await runPython(python, ['foreign/make_repository.py', folder]);
}, 900_000);
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true });
});

describe.each(SUITES.map((suite) => [suite.name, suite] as const))('%s', (name, suite) => {
  const script = `foreign/${suite.script}`;
  const outcomes = once(async (): Promise<Outcomes> => {
    const { addresses } = await (suite.isAdmin === true ? admin : plain)();
    return runChecks(await ensurePythonVenv(suite.venv), script, suite.args(addresses));
  });
  const checks = readCheckNames(script);
  for (const check of checks) checkTest(name, check, async () => expectOutcome(await outcomes(), check));
  checkTest(name, 'each check was run', async () => expect([...(await outcomes()).keys()]).toEqual(checks));
  if (suite.isAdmin === true) {
    checkTest(name, 'the verbose level logged the request of its time', async () => {
      await outcomes();
      const log = JSON.stringify((await admin()).server.logs);
      expect(log).toContain(`verbose-${name.split(' ').at(-1)}`);
      expect(log).not.toContain('quiet-');
    });
  }
});

async function serve(flags: readonly string[]): Promise<{ server: ServerProcess; addresses: Addresses }> {
  const server = new ServerProcess([join(folder, 'models'), ...flags]);
  servers.push(server);
  const { grpc, rest } = await server.waitUntilReady();
  return { server, addresses: { grpc, rest: new URL(rest).host } };
}
