import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { isConflict, KubeError } from '../../lib/kube/kube-error.js';
import { KubeTransport } from '../../lib/kube/transport.js';
import { answerJson, answerStatus, FakeHttpServer } from '../../test/fakes/http-server.js';
import type { KubeObject, Ownership, ResourceKind } from '../ports.js';
import { KubeWriter } from './writer.js';

const PODS: ResourceKind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
const OURS: Ownership = { kind: 'ManagedBy' };
const labels = { 'app.kubernetes.io/managed-by': 'slipway-operator' };
const stored = (uid: string, resourceVersion = '7') => ({ metadata: { name: 'p', namespace: 'shop', uid, resourceVersion, labels } });
const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop', labels }, spec: { a: 1 }, status: { b: 1 } };

let server: FakeHttpServer;
let transport: KubeTransport;
let writer: KubeWriter;
beforeEach(async () => {
  server = await new FakeHttpServer((_, response) => answerJson(response, 200, stored('u1'))).listen();
  transport = new KubeTransport(server.access(), { userAgent: 'test' });
  writer = new KubeWriter(new KubeClient(transport));
});
afterEach(async () => {
  await transport.close();
  await server.close();
});

const failure = (work: Promise<unknown>) => work.catch((error: unknown) => error);
const sent = () => JSON.parse(server.calls.at(-1)?.body ?? '');

describe('what a write depends on (the rest is in the contract suite)', () => {
  test('an apply names the uid that was seen and no status', async () => {
    await writer.apply(PODS, pod, OURS);
    expect(server.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/namespaces/shop/pods/p',
      'PATCH /api/v1/namespaces/shop/pods/p',
    ]);
    expect(sent()).toEqual({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop', uid: 'u1', labels }, spec: { a: 1 } });
    expect(server.calls[1]?.query.toString()).toBe('fieldManager=slipway-operator&force=true');
  });

  test('an apply that is bound to a version waits when the object was written between look and write', async () => {
    server.answerWith(({ method }, response) => {
      if (method === 'GET') answerJson(response, 200, stored('u1', '7'));
      else answerStatus(response, 409, 'Conflict', 'the object has been modified');
    });
    const seen = { ...pod, metadata: { ...pod.metadata, resourceVersion: '7' } };
    expect(await failure(writer.apply(PODS, seen, OURS))).toMatchObject({ name: 'WaitingError', reason: 'CacheIsBehind' });
    expect(sent()).toMatchObject({ metadata: { uid: 'u1', resourceVersion: '7' } });
  });

  test('a delete names the uid, and an object that went meanwhile is deleted', async () => {
    server.answerWith(({ method }, response) => {
      if (method === 'GET') answerJson(response, 200, stored('u1'));
      else answerStatus(response, 404, 'NotFound', 'pods "p" not found');
    });
    await writer.delete(PODS, { namespace: 'shop', name: 'p' }, OURS);
    expect(sent()).toEqual({ propagationPolicy: 'Background', preconditions: { uid: 'u1' } });
  });

  test('an object that was replaced between look and write is a conflict', async () => {
    server.answerWith(({ method }, response) => {
      if (method === 'GET') answerJson(response, 200, stored('u1'));
      else answerStatus(response, 422, 'Invalid', 'Pod "p" is invalid: metadata.uid: Invalid value: "u1": field is immutable');
    });
    expect(isConflict(await failure(writer.apply(PODS, pod, OURS)))).toBe(true);
  });

  test("what was attempted goes before the server's words", async () => {
    server.answerWith(({ method }, response) => {
      if (method === 'GET') answerStatus(response, 404, 'NotFound', 'none');
      else answerStatus(response, 403, 'Forbidden', 'exceeded quota: q');
    });
    const error = await failure(writer.apply(PODS, pod, OURS));
    expect(error).toBeInstanceOf(KubeError);
    expect(error).toMatchObject({ code: 403, reason: 'Forbidden', message: 'Could not apply Pod "shop/p": exceeded quota: q' });
  });

  test('a status write looks again when somebody wrote in between, and gives up after three', async () => {
    let version = 1;
    server.answerWith(({ method }, response) => {
      if (method === 'GET') answerJson(response, 200, stored('u1', String(version++)));
      else if (version === 3) answerJson(response, 200, stored('u1', '3'));
      else answerStatus(response, 409, 'Conflict', 'the object has been modified');
    });
    await writer.applyStatus(PODS, { ...pod, metadata: { ...pod.metadata, uid: 'u1' } });
    expect(sent()).toEqual({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop', resourceVersion: '2' }, status: { b: 1 } });
    expect(isConflict(await failure(writer.applyStatus(PODS, pod)))).toBe(true);
    expect(server.calls).toHaveLength(4 + 6);
  });
});
