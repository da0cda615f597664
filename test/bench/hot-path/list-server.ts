/**
 * `node dist/test/bench/hot-path/list-server.js [models]`: an API server's answers to an operator that starts on a world at rest:
 * lists by the page, watches that say nothing, a Lease for whoever wants it. Prints its port, and at each SIGUSR2 what it was asked to write.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import process from 'node:process';
import { isRecord } from '../../../lib/kube/json.js';
import { KINDS, type KindName } from '../../../operator/api/kinds.js';
import { CRD_NAME, CRD_SCHEMA_HASH, CRD_SCHEMA_REVISION } from '../../../operator/api/zz_generated.modeldeployment.js';
import { readPage } from './world.js';

const MODELS = Number(process.argv[2] ?? 5000);
const VERSION = '1000000';
const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: CRD_NAME,
    annotations: { 'slipway.dev/schema-revision': String(CRD_SCHEMA_REVISION), 'slipway.dev/schema-hash': CRD_SCHEMA_HASH },
  },
};

let lease: Record<string, unknown> | undefined;
let leaseVersion = 0;
const written: string[] = [];

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Models of a page; a continue token is the number of the first of them. */
function list(response: ServerResponse, kind: KindName, query: URLSearchParams): void {
  const first = Number(query.get('continue') ?? 0);
  const each = kind === 'pod' || kind === 'service' ? 2 : 1;
  const count = Math.min(Math.max(1, Math.floor(Number(query.get('limit') ?? 500) / each)), MODELS - first);
  const isLast = first + count >= MODELS || kind === 'serviceAccount';
  answer(response, 200, {
    metadata: { resourceVersion: VERSION, continue: isLast ? '' : String(first + count) },
    items: readPage(kind, first, count),
  });
}

function leaseOf(response: ServerResponse, method: string, body: unknown): void {
  if (method === 'GET' && lease === undefined) {
    answer(response, 404, { kind: 'Status', code: 404, reason: 'NotFound', message: 'leases "slipway-operator" not found' });
    return;
  }
  if (method !== 'GET' && isRecord(body)) {
    const metadata = { name: 'slipway-operator', namespace: 'default', resourceVersion: String(++leaseVersion) };
    lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: body['spec'] };
  }
  answer(response, method === 'POST' ? 201 : 200, lease);
}

function serve({ method = 'GET', url = '/' }: IncomingMessage, response: ServerResponse, body: string): void {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (pathname.includes('/leases')) {
    leaseOf(response, method, body === '' ? undefined : JSON.parse(body));
    return;
  }
  if (pathname.includes('/customresourcedefinitions/')) {
    answer(response, 200, CRD);
    return;
  }
  if (method !== 'GET') {
    written.push(`${method} ${pathname} ${body.slice(0, 400)}`);
    answer(response, 500, { kind: 'Status', code: 500, reason: 'InternalError', message: 'Nothing is to be written here' });
    return;
  }
  if (searchParams.get('watch') === 'true') {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    return;
  }
  const kinds = Object.keys(KINDS).filter((name): name is KindName => name in KINDS);
  const kind = kinds.find((name) => pathname.endsWith(`/${KINDS[name].plural}`));
  if (kind === undefined) answer(response, 404, { kind: 'Status', code: 404, reason: 'NotFound', message: pathname });
  else list(response, kind, searchParams);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => serve(request, response, Buffer.concat(chunks).toString('utf8')));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : '');
});
process.on('SIGUSR2', () => console.log(JSON.stringify(written)));
