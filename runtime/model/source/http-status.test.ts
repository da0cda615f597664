import { describe, expect, test } from '@jest/globals';
import { MockAgent, request } from 'undici';
import { parseRetryAfter, statusError } from './http-status.js';
import type { HttpResponse } from './transport.js';

const CONTEXT = { what: 'manifest of "reader:4"', host: 'registry.local', authHint: 'mend the Secret', missingHint: 'check the tag' };

async function answer(status: number, headers: Record<string, string> = {}, body = ''): Promise<HttpResponse> {
  const agent = new MockAgent();
  agent.disableNetConnect();
  agent.get('https://storage.local').intercept({ path: '/v2/x?sig=hunter2' }).reply(status, body, { headers });
  const url = new URL('https://storage.local/v2/x?sig=hunter2');
  const got = await request(url, { dispatcher: agent });
  const header = (name: string) => {
    const value = got.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  return { status: got.statusCode, header, body: got.body, url };
}

describe('statusError', () => {
  test.each([
    [401, 'SOURCE_UNAUTHORIZED', false, /: mend the Secret$/],
    [403, 'SOURCE_UNAUTHORIZED', false, /: mend the Secret$/],
    [404, 'SOURCE_NOT_FOUND', false, /: check the tag$/],
    [410, 'SOURCE_NOT_FOUND', false, /: check the tag$/],
    [408, 'SOURCE_UNREACHABLE', true, /answered 408/],
    [429, 'SOURCE_UNREACHABLE', true, /answered 429/],
    [500, 'SOURCE_UNREACHABLE', true, /answered 500/],
    [503, 'SOURCE_UNREACHABLE', true, /answered 503/],
    [400, 'SOURCE_UNREACHABLE', false, /answered 400/],
    [418, 'SOURCE_UNREACHABLE', false, /answered 418/],
  ])('%i is %s, transient %p', async (status, code, transient, want) => {
    const error = await statusError(await answer(status), CONTEXT);
    expect(error).toMatchObject({ code, transient, message: expect.stringMatching(want) });
    expect(error.message).toContain(`"registry.local" answered ${status} for the manifest of "reader:4" (storage.local/v2/x?…)`);
    expect(error.message).not.toContain('hunter2');
  });

  const json = { 'content-type': 'application/json' };
  test.each([
    ["the registry's words", json, '{"errors":[{"code":"DENIED","message":"no access"}]}', ', "DENIED: no access"'],
    ['a code alone', json, '{"errors":[{"code":"DENIED"}]}', ', "DENIED"'],
    ['secrets in them', json, '{"errors":[{"message":"bad https://a:hunter2@b/"}]}', ', "bad https://b/"'],
    ['another form', json, '{"detail":"hunter2"}', ' (storage.local/v2/x?…): '],
    ['no JSON', json, '<html>hunter2', ' (storage.local/v2/x?…): '],
    ['a page', { 'content-type': 'text/html' }, '<html>hunter2', ' (storage.local/v2/x?…): '],
    ['too many words', json, `{"errors":[{"message":"${'x'.repeat(20_000)}"}]}`, ' (storage.local/v2/x?…): '],
  ])('takes along %s', async (_name, headers, body, want) => {
    const { message } = await statusError(await answer(403, headers, body), CONTEXT);
    expect(message).toContain(want);
    expect(message).not.toContain('hunter2');
    expect(message.length).toBeLessThan(400);
  });

  test('takes along what the server asks to wait', async () => {
    expect(await statusError(await answer(429, { 'retry-after': '7' }), CONTEXT)).toMatchObject({ retryAfterMs: 7000 });
    expect((await statusError(await answer(429), CONTEXT)).retryAfterMs).toBeUndefined();
  });
});

test.each([
  ['5', 5000],
  [' 0 ', 0],
  ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ['-1', undefined],
  ['99999999', undefined],
  [undefined, undefined],
])('Retry-After %p is %p', (header, want) => expect(parseRetryAfter(header)).toBe(want));
