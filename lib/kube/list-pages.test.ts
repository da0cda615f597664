import { describe, expect, test } from '@jest/globals';
import type { HttpCall, KubeConnection } from './connection.js';
import { listPages } from './list-pages.js';
import { KubeTransport } from './transport.js';

interface Served {
  readonly status?: number;
  readonly body: unknown;
}

/** Answers with `serve(continue)`, and keeps what it was asked for. */
class PageServer implements KubeConnection {
  readonly asked: string[] = [];
  constructor(readonly serve: (next: string | null, asked: number) => Served) {}

  async exchange({ target }: HttpCall) {
    const { searchParams } = new URL(target, 'http://localhost');
    this.asked.push(`${searchParams.get('limit')} ${searchParams.get('continue') ?? '-'}`);
    const { status = 200, body } = this.serve(searchParams.get('continue'), this.asked.length);
    const text = Buffer.from(JSON.stringify(body));
    const chunks = async function* () {
      yield text;
    };
    return { status, headers: {}, body: chunks() };
  }

  retire(): void {}
  async destroy(): Promise<void> {}
}

const page = (items: unknown, next?: string, resourceVersion = '7') => ({ body: { metadata: { resourceVersion, continue: next ?? '' }, items } });
const expired = { status: 410, body: { kind: 'Status', code: 410, reason: 'Expired', message: 'The continue token is too old' } };
const list = async (server: PageServer, parse = (item: unknown) => item) => {
  const access = { server: 'http://memory', namespace: 'shop', credentials: async () => ({ tls: {}, headers: {} }) };
  const transport = new KubeTransport(access, { userAgent: 'test', connect: () => server });
  return listPages(transport, { method: 'GET', path: '/api/v1/pods' }, { parse, pageSize: 2, maxPages: 5, maxRestarts: 2 });
};

describe('listPages', () => {
  test('all pages, and the version', async () => {
    const server = new PageServer((next) => (next === null ? page([1, 2], 'two') : page([3])));
    expect(await list(server)).toEqual({ items: [1, 2, 3], version: '7' });
    expect(server.asked).toEqual(['2 -', '2 two']);
  });

  test('items are made smaller as their page comes, not when all have come', async () => {
    const server = new PageServer((next) => (next === null ? page([1, 2], 'two') : page([3])));
    const parsedAt: string[] = [];
    const { items } = await list(server, (item) => {
      parsedAt.push(`${item} after ${server.asked.length}`);
      return Number(item) * 10;
    });
    expect(items).toEqual([10, 20, 30]);
    expect(parsedAt).toEqual(['1 after 1', '2 after 1', '3 after 2']);
  });

  test('an empty list as Go writes it', async () => {
    expect(await list(new PageServer(() => page(null)))).toEqual({ items: [], version: '7' });
  });

  test('a token that expires begins the list anew, and nothing comes twice', async () => {
    const server = new PageServer((next, asked) => (next === null ? page([1, 2], `t${asked}`) : asked < 4 ? expired : page([3])));
    expect(await list(server)).toEqual({ items: [1, 2, 3], version: '7' });
    expect(server.asked).toEqual(['2 -', '2 t1', '2 -', '2 t3']);
  });

  test('tokens that expire for ever, and a 410 on the first page, end it', async () => {
    const server = new PageServer((next) => (next === null ? page([1, 2], 'two') : expired));
    await expect(list(server)).rejects.toThrow('The continue token is too old');
    expect(server.asked).toHaveLength(6);
    const first = new PageServer(() => expired);
    await expect(list(first)).rejects.toThrow('The continue token is too old');
    expect(first.asked).toHaveLength(1);
  });

  test.each([
    { name: 'the same page again and again', serve: () => page([1], 'same'), wantAsked: 2 },
    { name: 'ever new pages', serve: (_: unknown, asked: number) => page([1], `page-${asked}`), wantAsked: 5 },
  ])('$name have an end', async ({ serve, wantAsked }) => {
    const server = new PageServer(serve);
    await expect(list(server)).rejects.toThrow(`The list /api/v1/pods has no end: page ${wantAsked} leads to another`);
    expect(server.asked).toHaveLength(wantAsked);
  });

  test.each([
    { name: 'nothing', body: {} },
    { name: 'no version', body: { metadata: {}, items: [] } },
    { name: 'items that are none', body: { metadata: { resourceVersion: '7' }, items: 'many' } },
    { name: 'text', body: 'ok' },
    { name: 'an array', body: [] },
  ])('$name is no empty list', async ({ body }) => {
    await expect(list(new PageServer(() => ({ body })))).rejects.toMatchObject({ reason: 'BadAnswer' });
  });
});
