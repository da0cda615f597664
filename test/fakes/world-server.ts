/** The in-memory API behind HTTP, for programs that only look, and change one field: get, list in pages, merge patch. */
import type { ServerResponse } from 'node:http';
import { isRecord } from '../../lib/kube/json.js';
import { KINDS } from '../../operator/api/kinds.js';
import type { KubeObject, ResourceKind } from '../../operator/ports.js';
import type { FakeCluster } from './fake-cluster.js';
import { answerJson, answerStatus, FakeHttpServer, type ServedCall } from './http-server.js';

/** Small, so that every list of more than two takes several pages. */
const PAGE = 2;

export function newWorldServer(cluster: FakeCluster): FakeHttpServer {
  return new FakeHttpServer((call, response) => {
    const [, namespace = '', plural = '', name] =
      /^\/apis?\/[^/]+(?:\/v[^/]+)?(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/.exec(call.path) ?? [];
    const resource = Object.values(KINDS).find((kind) => kind.plural === plural);
    if (resource === undefined) answerStatus(response, 404, 'NotFound', `the server has no ${call.path}`);
    else if (name === undefined) answerList(response, call, select(cluster.objects(resource, namespace || undefined), call));
    else answerOne(cluster, { resource, key: { namespace, name } }, call, response);
  });
}

function answerList(response: ServerResponse, { query }: ServedCall, objects: readonly KubeObject[]): void {
  const from = Number(query.get('continue') ?? 0);
  const next = from + PAGE < objects.length ? String(from + PAGE) : '';
  // items of a list say neither what they are nor of which version
  const items = objects.slice(from, from + PAGE).map(({ kind: _, apiVersion: __, ...item }) => item);
  answerJson(response, 200, { metadata: { continue: next, resourceVersion: '1' }, items });
}

interface Target {
  readonly resource: ResourceKind;
  readonly key: { readonly namespace: string; readonly name: string };
}

function answerOne(cluster: FakeCluster, { resource, key }: Target, call: ServedCall, response: ServerResponse): void {
  const found = cluster.get(resource, key);
  if (found === undefined || call.method === 'GET') {
    if (found === undefined) answerStatus(response, 404, 'NotFound', `${resource.plural} "${key.name}" not found`);
    else answerJson(response, 200, found);
    return;
  }
  const patch: unknown = JSON.parse(call.body);
  answerJson(response, 200, cluster.update(resource, key, isRecord(patch) ? patch : {}));
}

/** By `label` and `label=value`, as many as there are. */
function select(objects: readonly KubeObject[], { query }: ServedCall): KubeObject[] {
  const wanted = (query.get('labelSelector') ?? '').split(',').filter((term) => term !== '');
  return objects.filter(({ metadata: { labels = {} } }) =>
    wanted.every((term) => {
      const [label = '', value] = term.split('=');
      return value === undefined ? labels[label] !== undefined : labels[label] === value;
    }),
  );
}
