/** Clients of other projects against the real server: every method of Triton's Python clients, and KServe's. What each check wants stands in test/runtime/foreign/. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { type Outcomes, once, readCheckNames, runChecks } from './check-lines.js';
import { checkTest, expectOutcome } from './check-test.js';
import { runPython } from './foreign-client.js';
import { computeHotShare, countInferPaths, type InferPaths } from './infer-paths.js';
import { ensurePythonVenv } from './python-venv.js';
import { ServerProcess } from './server-process.js';

interface Suite {
  readonly name: string;
  readonly script: string;
  /** Folder of the environment's requirements, under test/runtime. */
  readonly venv?: string;
  readonly isAdmin?: boolean;
  /** Requests over gRPC that it sends at the least; absent: none. */
  readonly leastOverGrpc?: number;
  readonly args: (server: Addresses) => readonly string[];
}

interface Addresses {
  readonly grpc: string;
  readonly rest: string;
}

interface Run {
  readonly outcomes: Outcomes;
  readonly before: InferPaths;
  readonly after: InferPaths;
}

const SUITES: readonly Suite[] = [
  { name: 'triton over gRPC', script: 'triton_core.py', leastOverGrpc: 50, args: ({ grpc }) => ['gRPC', grpc] },
  { name: 'triton over HTTP', script: 'triton_core.py', args: ({ rest }) => ['HTTP', rest] },
  { name: 'triton for asyncio', script: 'triton_asyncio.py', leastOverGrpc: 26, args: ({ grpc, rest }) => [grpc, rest] },
  { name: 'triton streams', script: 'triton_stream.py', leastOverGrpc: 60, args: ({ grpc }) => ['gRPC', grpc] },
  {
    name: 'triton administration over gRPC',
    script: 'triton_admin.py',
    isAdmin: true,
    leastOverGrpc: 10,
    args: ({ grpc }) => ['gRPC', grpc, folder],
  },
  { name: 'triton administration over HTTP', script: 'triton_admin.py', isAdmin: true, args: ({ rest }) => ['HTTP', rest, folder] },
  { name: 'KServe', script: 'kserve_grpc.py', venv: 'kserve', leastOverGrpc: 3, args: ({ grpc, rest }) => [grpc, rest] },
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
  const { leastOverGrpc } = suite;
  const run = once(async (): Promise<Run> => {
    const { addresses, metrics } = await (suite.isAdmin === true ? admin : plain)();
    const before = await countInferPaths(metrics);
    const outcomes = await runChecks(await ensurePythonVenv(suite.venv), script, suite.args(addresses));
    return { outcomes, before, after: await countInferPaths(metrics) };
  });
  const checks = readCheckNames(script);
  for (const check of checks) checkTest(name, check, async () => expectOutcome((await run()).outcomes, check));
  checkTest(name, 'each check was run', async () => expect([...(await run()).outcomes.keys()]).toEqual(checks));
  if (leastOverGrpc !== undefined) {
    checkTest(name, 'at least 99 % of the requests are decoded by hand', async () => {
      const { before, after } = await run();
      expect(computeHotShare(before, after, leastOverGrpc)).toBeGreaterThanOrEqual(0.99);
    });
  }
  if (suite.isAdmin === true) {
    checkTest(name, 'the verbose level logged the request of its time', async () => {
      await run();
      const log = JSON.stringify((await admin()).server.logs);
      expect(log).toContain(`verbose-${name.split(' ').at(-1)}`);
      expect(log).not.toContain('quiet-');
    });
  }
});

async function serve(flags: readonly string[]): Promise<{ server: ServerProcess; addresses: Addresses; metrics: string }> {
  const server = new ServerProcess([join(folder, 'models'), ...flags]);
  servers.push(server);
  const { grpc, rest, metrics } = await server.waitUntilReady();
  return { server, addresses: { grpc, rest: new URL(rest).host }, metrics };
}
