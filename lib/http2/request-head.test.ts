import { describe, expect, test } from '@jest/globals';
import { HeaderList } from './hpack/header-list.js';
import type { Pair } from './hpack/test-blocks.js';
import { findTrailerProblem, readRequestHead } from './request-head.js';

const GET: readonly Pair[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
];

function listOf(pairs: readonly Pair[]): HeaderList {
  return new HeaderList(
    pairs.map(([name]) => name),
    pairs.map(([, value]) => value),
    0,
    false,
  );
}

const without = (name: string): readonly Pair[] => GET.filter(([known]) => known !== name);

describe('a request with', () => {
  test.each<[name: string, pairs: readonly Pair[]]>([
    ['pseudo-headers alone', GET],
    ['an authority', [...GET, [':authority', 'a']]],
    ['an empty authority', [...GET, [':authority', '']]],
    ['te: trailers', [...GET, ['te', 'trailers']]],
    ['a value with bytes above ASCII', [...GET, ['x-a', '\x80\xff']]],
    ['a value with a tab within', [...GET, ['x-a', 'a\tb']]],
    ['an empty value', [...GET, ['x-a', '']]],
    ['every character of a name', [...GET, ["!#$%&'*+-.^_`|~09az", 'a']]],
    ['the same header twice', [...GET, ['x-a', 'a'], ['x-a', 'b']]],
    ['a length', [...GET, ['content-length', '123456789012345']]],
  ])('%s is well-formed', (_name, pairs) => expect(readRequestHead(listOf(pairs)).problem).toBeUndefined());

  test.each<[name: string, pairs: readonly Pair[], problem: string]>([
    ['nothing', [], ':method is missing'],
    ['no method', without(':method'), ':method is missing'],
    ['no scheme', without(':scheme'), ':scheme is missing'],
    ['no path', without(':path'), ':path is missing'],
    ['an empty path', [...without(':path'), [':path', '']], ':path is empty'],
    ['two paths', [...GET, [':path', '/']], 'a pseudo-header comes twice'],
    ['two authorities', [...GET, [':authority', 'a'], [':authority', 'a']], 'a pseudo-header comes twice'],
    ['a pseudo-header of answers', [...GET, [':status', '200']], '":status" is no pseudo-header'],
    ['an unknown pseudo-header', [...GET, [':x', '1']], '":x" is no pseudo-header'],
    ['a pseudo-header after a header', [['x-a', '1'], ...GET], '"x-a" is no pseudo-header of a request, or it comes after a header'],
    ['a name in capitals', [...GET, ['X-a', '1']], '"X-a" is no name'],
    ['an empty name', [...GET, ['', '1']], '"" is no name'],
    ['a space in a name', [...GET, ['x a', '1']], '"x a" is no name'],
    ['a colon in a name', [...GET, ['x:a', '1']], '"x:a" is no name'],
    ['a name above ASCII', [...GET, ['x\x80', '1']], 'is no name'],
    ['connection', [...GET, ['connection', 'close']], '"connection" is not allowed'],
    ['proxy-connection', [...GET, ['proxy-connection', 'a']], 'not allowed'],
    ['keep-alive', [...GET, ['keep-alive', 'a']], 'not allowed'],
    ['transfer-encoding', [...GET, ['transfer-encoding', 'chunked']], 'not allowed'],
    ['upgrade', [...GET, ['upgrade', 'h2c']], 'not allowed'],
    ['te: gzip', [...GET, ['te', 'gzip']], 'te is not "trailers"'],
    ['te: trailers, gzip', [...GET, ['te', 'trailers, gzip']], 'te is not "trailers"'],
    ['NUL', [...GET, ['x-a', 'a\0b']], 'a character that is not allowed'],
    ['CR', [...GET, ['x-a', 'a\rb']], 'a character that is not allowed'],
    ['LF', [...GET, ['x-a', 'a\n']], 'a character that is not allowed'],
    ['a space before a value', [...GET, ['x-a', ' a']], 'a character that is not allowed'],
    ['a tab behind a value', [...GET, ['x-a', 'a\t']], 'a character that is not allowed'],
    ['LF in its path', [...without(':path'), [':path', '/\n']], 'a character that is not allowed'],
    ['a length in words', [...GET, ['content-length', 'ten']], 'content-length is not a number'],
    ['a negative length', [...GET, ['content-length', '-1']], 'content-length is not a number'],
    ['an empty length', [...GET, ['content-length', '']], 'content-length is not a number'],
    ['two lengths', [...GET, ['content-length', '1'], ['content-length', '2']], 'content-length is not a number'],
    ['a length beyond counting', [...GET, ['content-length', '1234567890123456']], 'content-length is not a number'],
  ])('%s is malformed', (_name, pairs, problem) => expect(readRequestHead(listOf(pairs)).problem).toContain(problem));
});

test('what is asked for', () => {
  const head = readRequestHead(listOf([...GET, ['content-length', '12']]));
  expect(head).toMatchObject({ method: 'GET', path: '/', contentLength: 12 });
  expect(readRequestHead(listOf([]))).toMatchObject({ method: '', path: '', contentLength: undefined });
});

test('a list that comes again has the head and its memo', () => {
  const list = listOf(GET);
  const head = readRequestHead(list);
  head.memo = 'read';
  expect(readRequestHead(list)).toBe(head);
  expect(readRequestHead(listOf(GET))).toMatchObject({ memo: undefined });
});

describe('trailers', () => {
  test.each<[name: string, pairs: readonly Pair[], problem: string | undefined]>([
    ['none', [], undefined],
    ['of a name and a value', [['x-a', '1']], undefined],
    ['with a pseudo-header', [[':path', '/']], '":path" is no name of a header'],
    ['with a capital', [['A', '1']], '"A" is no name of a header'],
    ['of the connection', [['upgrade', '1']], '"upgrade" is not allowed in HTTP/2'],
    ['with a line', [['x-a', 'a\nb']], 'the value of a header has a character that is not allowed'],
  ])('%s', (_name, pairs, problem) => expect(findTrailerProblem(listOf(pairs))).toBe(problem));
});
