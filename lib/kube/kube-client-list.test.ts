import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { answerJson, answerStatus, FakeHttpServer } from '../../test/fakes/http-server.js';
import { KubeClient } from './kube-client.js';
import { KubeTransport } from './transport.js';

const PODS = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' } as const;
let server: FakeHttpServer;
let transport: KubeTransport;

beforeEach(async () => {
  server = await new FakeHttpServer((_, response) => answerJson(response, 200, {})).listen();
  transport = new KubeTransport(server.access(), { userAgent: 'slipway-test/1' });
});
afterEach(async () => {
  await transport.close();
  await server.close();
});

test('a list is read page by page, and its items get their kind', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  server.answerWith(({ query }, response) => {
    const [from, limit] = [Number(query.get('continue') ?? 0), Number(query.get('limit'))];
    const items = names.slice(from, from + limit).map((name) => ({ metadata: { name, managedFields: [{}] } }));
    answerJson(response, 200, { metadata: from + limit < names.length ? { continue: String(from + limit) } : {}, items });
  });
  const pods = await new KubeClient(transport).list(PODS, { namespace: 'shop', labelSelector: 'a=b', pageSize: 2 });
  expect(pods).toEqual(names.map((name) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } })));
  expect(server.calls.map(({ path, query }) => `${path} ${query.get('labelSelector')} ${query.get('continue')}`)).toEqual([
    '/api/v1/namespaces/shop/pods a=b null',
    '/api/v1/namespaces/shop/pods a=b 2',
    '/api/v1/namespaces/shop/pods a=b 4',
  ]);
});

test('a list that is refused half-way is no shorter list', async () => {
  server.answerWith(({ query }, response) => {
    if (query.get('continue') === null) answerJson(response, 200, { metadata: { continue: '1' }, items: [{ metadata: { name: 'a' } }] });
    else answerStatus(response, 410, 'Expired', 'The provided continue parameter is too old');
  });
  await expect(new KubeClient(transport).list(PODS)).rejects.toThrow('too old');
});
