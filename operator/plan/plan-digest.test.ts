import { describe, expect, test } from '@jest/globals';
import { DIGEST_A, DIGEST_B, makeModelDeployment } from '../../test/builders/model-deployment.js';
import { TestWorld } from '../../test/builders/test-world.js';
import { KINDS } from '../api/kinds.js';
import { resolveBackoffMs } from './plan-digest.js';

const resolvers = (world: TestWorld): string[] => world.names('pod').map((name) => name.replace(/-resolve-[0-9a-f]{8}-/, '-resolve-'));
const UNREACHABLE = { code: 'SOURCE_UNREACHABLE', stage: 'resolve', message: 'registry.test: connection refused' } as const;
const URI = makeModelDeployment().obj().spec.model.uri;

async function unreachable(): Promise<TestWorld> {
  const world = new TestWorld();
  world.sources.set(URI, UNREACHABLE);
  world.create(makeModelDeployment().obj());
  await world.settle();
  return world;
}

describe('resolving', () => {
  test.each([
    [1, 10_000],
    [2, 20_000],
    [3, 40_000],
    [6, 300_000],
    [1000, 300_000],
  ])('attempt %i is followed after %i ms', (attempt, ms) => expect(resolveBackoffMs(attempt)).toBe(ms));

  test('is tried again and again while it may mend itself, and three pods are kept to look at', async () => {
    const world = await unreachable();
    expect(world.ready()).toBe('False SourceUnreachable');
    expect(world.condition('Ready')?.message).toContain('Attempt 2 follows at 2026-01-01T01:00:10.000Z');
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect(world.lastResult).toEqual({ kind: 'RequeueAfter', afterMs: resolveBackoffMs(attempt) });
      await world.clock.advance(resolveBackoffMs(attempt));
      await world.settle();
    }
    expect(world.condition('Stalled')).toBeUndefined();
    expect(resolvers(world)).toEqual(['reader-resolve-4', 'reader-resolve-5', 'reader-resolve-6']);
    world.sources.delete(URI);
    await world.clock.advance(resolveBackoffMs(6));
    await world.settle();
    expect(world.ready()).toBe('True Serving');
    expect(world.names('pod')).toHaveLength(1);
  });

  test('while the next attempt runs, the last failure is still what is known', async () => {
    const world = await unreachable();
    await world.clock.advance(10_000);
    await world.reconcile();
    await world.reconcile();
    expect(world.ready()).toBe('False SourceUnreachable');
    expect(world.condition('Ready')?.message).toContain('Attempt 2 is under way');
  });

  test('a look before the time is over starts nothing', async () => {
    const world = await unreachable();
    await world.clock.advance(9_000);
    await world.settle();
    expect(resolvers(world)).toEqual(['reader-resolve-1']);
    expect(world.lastResult).toEqual({ kind: 'RequeueAfter', afterMs: 1_000 });
  });

  test('a new generation starts at once and counts from one, under a name that was never used', async () => {
    const world = await unreachable();
    world.edit({ replicas: 2 });
    await world.settle();
    expect(resolvers(world)).toEqual(['reader-resolve-2']);
    expect(world.lastResult).toEqual({ kind: 'RequeueAfter', afterMs: 10_000 });
  });

  test('another allow-list of the chart is worth a new attempt', async () => {
    const world = await unreachable();
    world.sources.delete(URI);
    world.config = { ...world.config, plainHttpHosts: ['registry.test'] };
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });

  test('a source that was resolved once is not asked again, wherever its tag points now', async () => {
    const world = new TestWorld();
    world.create(makeModelDeployment().obj());
    await world.settle();
    world.sources.set(URI, { code: 'OK', stage: 'resolve', message: 'ok', digest: DIGEST_B });
    world.edit({ runtime: { env: [{ name: 'A', value: '1' }] } });
    await world.settle();
    expect(world.model().status?.model?.digest).toBe(DIGEST_A);
  });

  test('a node whose clock runs ahead does not hold the next attempt up', async () => {
    const world = await unreachable();
    const [name = ''] = world.names('pod');
    const finishedAt = '2099-01-01T00:00:00Z';
    world.cluster.patchStatus(
      KINDS.pod,
      { namespace: 'shop', name },
      { containerStatuses: [{ name: 'resolve', state: { terminated: { exitCode: 21, reason: 'Error', message: '', finishedAt } } }] },
    );
    await world.settle();
    expect(world.lastResult).toEqual({ kind: 'RequeueAfter', afterMs: 10_000 });
    await world.clock.advance(10_000);
    await world.settle();
    expect(resolvers(world)).toContain('reader-resolve-2');
  });

  test.each(['latest', 'sha256:abc'])('the answer "%s" is no answer', async (digest) => {
    const world = new TestWorld();
    world.sources.set(URI, { code: 'OK', stage: 'resolve', message: 'ok', digest });
    world.create(makeModelDeployment().obj());
    await world.settle();
    expect(world.ready()).toBe('False ResolveFailed');
  });

  test('an answer without a digest is no answer', async () => {
    const world = new TestWorld();
    world.sources.set(URI, { code: 'OK', stage: 'resolve', message: 'ok' });
    world.create(makeModelDeployment().obj());
    await world.settle();
    expect(world.ready()).toBe('False ResolveFailed');
  });

  test('a resolver that somebody deletes is made again', async () => {
    const world = new TestWorld();
    world.create(makeModelDeployment().obj());
    await world.reconcile();
    world.cluster.remove(KINDS.pod, { namespace: 'shop', name: world.names('pod')[0] ?? '' });
    await world.settle();
    expect(world.ready()).toBe('True Serving');
  });
});

describe('a source whose branches move', () => {
  const MAIN = 'hf://acme/reader@main';
  const [COMMIT, LATER] = ['c'.repeat(40), 'd'.repeat(40)];
  const answer = (digest: string, sourceRevision: string) => ({ code: 'OK', stage: 'resolve', message: 'ok', digest, sourceRevision }) as const;

  /** What the newest Deployment's init container asks for. */
  const fetched = (world: TestWorld): string => {
    const deployments = world.cluster.objects(KINDS.deployment);
    return JSON.stringify(deployments.at(-1)?.['spec']).replace(/^.*"fetch",("--uri".*?),"--dest".*$/, '$1');
  };
  const request = (digest: string, commit: string) => `"--uri","${MAIN}","--digest","${digest}","--source-revision","${commit}"`;

  async function served(): Promise<TestWorld> {
    const world = new TestWorld();
    world.sources.set(MAIN, answer(DIGEST_A, COMMIT));
    world.create(makeModelDeployment().uri(MAIN).obj());
    await world.settle();
    world.sources.set(MAIN, answer(DIGEST_B, LATER));
    return world;
  }

  test('is fetched by the commit that was resolved, and the status names it', async () => {
    const world = await served();
    expect(fetched(world)).toBe(request(DIGEST_A, COMMIT));
    expect(world.model().status?.model).toMatchObject({ digest: DIGEST_A, sourceRevision: COMMIT });
    expect(world.condition('UpdateAvailable')).toBeUndefined();
  });

  test('a change of the spec is served from the same commit', async () => {
    const world = await served();
    world.edit({ runtime: { env: [{ name: 'A', value: '1' }] } });
    await world.settle();
    expect(world.names('controllerRevision')).toHaveLength(2);
    expect(fetched(world)).toBe(request(DIGEST_A, COMMIT));
  });

  test('a digest that is written into the spec afterwards keeps the commit', async () => {
    const world = await served();
    world.edit({ model: { digest: DIGEST_A }, runtime: { env: [{ name: 'A', value: '1' }] } });
    await world.settle();
    expect(fetched(world)).toBe(request(DIGEST_A, COMMIT));
    expect(world.ready()).toBe('True Serving');
  });

  test("another repository's commit is not this one's", async () => {
    const world = await served();
    world.edit({ model: { uri: 'hf://acme/other@main', digest: DIGEST_A } });
    await world.settle();
    expect(fetched(world)).toContain('"--uri","hf://acme/other@main"');
    expect(fetched(world)).not.toContain('--source-revision');
  });
});
