import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { KubeTransport } from '../../lib/kube/transport.js';
import { answerJson, answerStatus, FakeHttpServer } from '../../test/fakes/http-server.js';
import { checkServedCrd } from './crd-check.js';

const wanted = { name: 'modeldeployments.slipway.dev', revision: 3, hash: 'sha256:aa', chart: 'oci://example.com/charts/slipway' };
const FIX = ': run `helm show crds oci://example.com/charts/slipway | kubectl apply --server-side --force-conflicts -f -`';
const REVISION = 'slipway.dev/schema-revision';
const HASH = 'slipway.dev/schema-hash';

let server: FakeHttpServer;
let transport: KubeTransport;
beforeEach(async () => {
  server = await new FakeHttpServer((_, response) => answerStatus(response, 404, 'NotFound', 'none')).listen();
  transport = new KubeTransport(server.access(), { userAgent: 'test' });
});
afterEach(async () => {
  await transport.close();
  await server.close();
});
const check = () => checkServedCrd(new KubeClient(transport), wanted);
const serve = (annotations: Record<string, string>) =>
  server.answerWith((_, response) => answerJson(response, 200, { metadata: { name: wanted.name, annotations } }));

describe('checkServedCrd', () => {
  test('absent', async () => {
    await expect(check()).rejects.toThrow(`CustomResourceDefinition "modeldeployments.slipway.dev" is not installed${FIX}`);
    expect(server.calls[0]?.path).toBe('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/modeldeployments.slipway.dev');
  });
  test.each([
    { name: 'older', annotations: { [REVISION]: '2', [HASH]: 'sha256:aa' }, want: 'has schema revision 2 and this operator needs 3' },
    { name: 'without a revision', annotations: {}, want: 'has no annotation slipway.dev/schema-revision' },
    { name: 'with nonsense for a revision', annotations: { [REVISION]: 'new' }, want: 'has no annotation slipway.dev/schema-revision' },
    {
      name: 'another one of the same number',
      annotations: { [REVISION]: '3', [HASH]: 'sha256:bb' },
      want: 'has schema revision 3 with hash sha256:bb where this operator was built with sha256:aa',
    },
  ])('$name is refused with the command that fixes it', async ({ annotations, want }) => {
    serve(annotations);
    await expect(check()).rejects.toThrow(want);
    await expect(check()).rejects.toThrow(FIX);
  });
  test.each([
    { name: 'the same', annotations: { [REVISION]: '3', [HASH]: 'sha256:aa' } },
    { name: 'the same, applied from the source without a hash', annotations: { [REVISION]: '3' } },
    { name: 'newer', annotations: { [REVISION]: '4', [HASH]: 'sha256:bb' } },
  ])('$name is fine', async ({ annotations }) => {
    serve(annotations);
    await check();
  });
  test('an API server that does not say is not taken for an absent CRD', async () => {
    server.answerWith((_, response) => answerStatus(response, 403, 'Forbidden', 'customresourcedefinitions is forbidden'));
    await expect(check()).rejects.toThrow('customresourcedefinitions is forbidden');
  });
});
