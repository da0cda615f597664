import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { isConflict, KubeError } from '../../lib/kube/kube-error.js';
import { KubeTransport } from '../../lib/kube/transport.js';
import { answerJson, answerStatus, FakeHttpServer } from '../../test/fakes/http-server.js';
import { type KubeObject, type Ownership, OwnershipError, type ResourceKind } from '../ports.js';
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
  test('an apply names the version that was seen and no status', async () => {
    await writer.apply(PODS, pod, OURS);
    expect(server.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/namespaces/shop/pods/p',
      'PATCH /api/v1/namespaces/shop/pods/p',
    ]);
    expect(sent()).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'shop', uid: 'u1', resourceVersion: '7', labels },
      spec: { a: 1 },
    });
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

  test('a delete names the version, and an object that went meanwhile is deleted', async () => {
    server.answerWith(({ method }, response) => {
      if (method === 'GET') answerJson(response, 200, stored('u1'));
      else answerStatus(response, 404, 'NotFound', 'pods "p" not found');
    });
    await writer.delete(PODS, { namespace: 'shop', name: 'p' }, OURS);
    expect(sent()).toEqual({ propagationPolicy: 'Background', preconditions: { uid: 'u1', resourceVersion: '7' } });
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

  test('a status write looks again when somebody wrote in between, and gives up after four', async () => {
    let version = 1;
    server.answerWith(({ method }, response) => {
      if (method === 'GET') answerJson(response, 200, stored('u1', String(version++)));
      else if (version === 3) answerJson(response, 200, stored('u1', '3'));
      else answerStatus(response, 409, 'Conflict', 'the object has been modified');
    });
    await writer.applyStatus(PODS, { ...pod, metadata: { ...pod.metadata, uid: 'u1' } });
    expect(sent()).toEqual({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop', resourceVersion: '2' }, status: { b: 1 } });
    expect(isConflict(await failure(writer.applyStatus(PODS, pod)))).toBe(true);
    expect(server.calls).toHaveLength(4 + 8);
  });
});

describe('over a cache', () => {
  const seen = (object: KubeObject | undefined) => new KubeWriter(new KubeClient(transport), () => object);
  const cached = (resourceVersion = '7'): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', ...stored('u1', resourceVersion) });
  const calls = () => server.calls.map(({ method, path }) => `${method} ${path.split('/').slice(6).join('/')}`);
  const theirs = { metadata: { name: 'p', namespace: 'shop', uid: 'u1', resourceVersion: '8', labels: { 'app.kubernetes.io/managed-by': 'Helm' } } };
  /** As a server: a write that names another version is refused. */
  const serve = (object: { readonly metadata: { readonly resourceVersion: string } }) =>
    server.answerWith(({ method, body }, response) => {
      const written = method === 'GET' ? undefined : JSON.parse(body);
      const version: unknown = written?.metadata?.resourceVersion ?? written?.preconditions?.resourceVersion;
      if (method === 'GET' || version === object.metadata.resourceVersion) answerJson(response, 200, object);
      else answerStatus(response, 409, 'Conflict', 'the object has been modified');
    });

  test('what is shown as it is on the server is written with one request', async () => {
    serve(stored('u1', '7'));
    await seen(cached()).apply(PODS, pod, OURS);
    await seen(cached()).applyStatus(PODS, { ...pod, metadata: { ...pod.metadata, uid: 'u1' } });
    await seen(cached()).delete(PODS, { namespace: 'shop', name: 'p' }, OURS);
    expect(calls()).toEqual(['PATCH p', 'PATCH p/status', 'DELETE p']);
  });

  test('old news costs a look, and then the write', async () => {
    serve(stored('u1', '8'));
    await seen(cached()).apply(PODS, pod, OURS);
    await seen(cached()).delete(PODS, { namespace: 'shop', name: 'p' }, OURS);
    expect(calls()).toEqual(['PATCH p', 'GET p', 'PATCH p', 'DELETE p', 'GET p', 'DELETE p']);
  });

  test('what somebody took over since is neither written nor deleted', async () => {
    serve(theirs);
    expect(await failure(seen(cached()).apply(PODS, pod, OURS))).toBeInstanceOf(OwnershipError);
    expect(await failure(seen(cached()).delete(PODS, { namespace: 'shop', name: 'p' }, OURS))).toBeInstanceOf(OwnershipError);
  });

  test('an owner that the cache names is asked for on the server before it is blamed', async () => {
    serve(stored('u1', '8'));
    await seen({ apiVersion: 'v1', kind: 'Pod', ...theirs }).apply(PODS, pod, OURS);
    expect(calls()).toEqual(['GET p', 'PATCH p']);
  });

  test('the status of a namesake made later is not written', async () => {
    serve(stored('u2', '8'));
    const mine = { ...pod, metadata: { ...pod.metadata, uid: 'u1' } };
    expect(isConflict(await failure(seen(cached()).applyStatus(PODS, mine)))).toBe(true);
    expect(calls()).toEqual(['PATCH p/status', 'GET p']);
  });
});

describe('what is new', () => {
  const MINE: Ownership = { kind: 'ControlledBy', uid: 'm1' };
  const owned = (uid: string) => [{ apiVersion: 'slipway.dev/v1alpha1', kind: 'ModelDeployment', name: 'reader', uid, controller: true }];
  const mine: KubeObject = { ...pod, metadata: { ...pod.metadata, ownerReferences: owned('m1') } };
  const calls = () => server.calls.map(({ method }) => method);
  /** As a server that has it: with that owner. */
  const taken = (uid: string) =>
    server.answerWith(({ method }, response) => {
      if (method === 'POST') answerStatus(response, 409, 'AlreadyExists', 'pods "p" already exists');
      else answerJson(response, 200, { metadata: { ...stored('u1').metadata, ownerReferences: owned(uid) } });
    });

  test('is created with one request, with our name on its fields and without status and version', async () => {
    server.answerWith((_, response) => answerJson(response, 201, stored('u1')));
    const absent = { ...mine, metadata: { ...mine.metadata, resourceVersion: '' } };
    expect(await writer.create(PODS, absent, MINE)).toMatchObject({ metadata: { uid: 'u1' } });
    expect(calls()).toEqual(['POST']);
    expect(server.calls[0]?.path).toBe('/api/v1/namespaces/shop/pods');
    expect(server.calls[0]?.query.toString()).toBe('fieldManager=slipway-operator&fieldValidation=Strict');
    expect(sent()).toEqual({
      ...{ apiVersion: 'v1', kind: 'Pod', spec: { a: 1 } },
      metadata: { name: 'p', namespace: 'shop', labels, ownerReferences: owned('m1') },
    });
  });

  test('and is there all the same is applied when it is ours', async () => {
    taken('m1');
    await writer.create(PODS, mine, MINE);
    expect(calls()).toEqual(['POST', 'GET', 'PATCH']);
    expect(sent()).toMatchObject({ metadata: { uid: 'u1', resourceVersion: '7' } });
  });

  test('and is there all the same waits when it was to be absent', async () => {
    taken('m1');
    const absent = { ...mine, metadata: { ...mine.metadata, resourceVersion: '' } };
    expect(await failure(writer.create(PODS, absent, MINE))).toMatchObject({ name: 'WaitingError', reason: 'CacheIsBehind' });
    expect(calls()).toEqual(['POST', 'GET']);
  });

  test("and is somebody else's is left alone", async () => {
    taken('other');
    expect(await failure(writer.create(PODS, mine, MINE))).toMatchObject({ name: 'WaitingError', reason: 'PredecessorNotCollected' });
    expect(calls()).toEqual(['POST', 'GET']);
  });
});
