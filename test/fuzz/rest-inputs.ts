/** Malformed HTTP requests by number: a valid inference with something changed in its JSON, its binary part, its headers or its end. */
import { deflateSync, gzipSync } from 'node:zlib';
import { Chance } from '../wire/chance.js';
import { mutateBytes } from './grpc-inputs.js';

export interface RestInput {
  readonly bytes: Buffer;
  /** 'answer': exactly one comes; 'close': answers or none, then the connection must close, since the client ends its side. */
  readonly ends: 'answer' | 'close';
}

const INFER = '/v2/models/echo/infer';
const PATHS = [
  '/v2',
  '/v2/health/ready',
  '/v2/models',
  '/v2/models/stats',
  '/v2/models/echo',
  '/v2/models/echo/config',
  '/v2/models/echo/versions/1/infer',
  '/v2/models/%/infer',
  '/v2/models/%00/infer',
  '/v2/models/nobody/infer',
  '/v2/repository/index',
  '/v2/repository/models/echo/load',
  '/v2/logging',
  '/v2/trace/setting',
  '/v2/systemsharedmemory/status',
  '/openapi.json',
  '/docs',
  '//',
  '/?',
  '/v2/models/echo/infer?x=1',
  '/x'.repeat(200),
];
const ODD = [
  'null',
  'true',
  '-1',
  '1e400',
  '9007199254740993',
  '123456789012345678901234567890',
  '""',
  '"x"',
  '"\\ud800"',
  '[]',
  '{}',
  '[[]]',
  '[[1],[2,3]]',
  '{"a":{}}',
  '-0',
  '0.1',
  '"NaN"',
  '[null]',
  '1E+2',
];

export function makeRestInput(seed: number, index: number): RestInput {
  const chance = new Chance(seed ^ 0x5e57, index);
  const kind = chance.next();
  const { body, jsonLength } = makeBody(chance);
  const path = chance.isTrue(0.85) ? INFER : chance.pick(PATHS);
  const method = chance.isTrue(0.97) ? 'POST' : chance.pick(['GET', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH']);
  const { sent, encoding } = compressed(chance, body);
  const headers = ['host: x', ...(jsonLength === undefined ? [] : [`inference-header-content-length: ${jsonLength}`]), ...encoding];
  const chunks = chance.isTrue(0.1);
  const whole = Buffer.concat([
    head(method, path, [...headers, chunks ? 'transfer-encoding: chunked' : `content-length: ${sent.length}`]),
    chunks ? chunked(chance, sent) : sent,
  ]);
  if (kind < 0.93) return { bytes: whole, ends: method === 'HEAD' ? 'close' : 'answer' };
  if (kind < 0.96) return { bytes: whole.subarray(0, chance.integer(whole.length)), ends: 'close' };
  return { bytes: breakHttp(chance, whole), ends: 'close' };
}

function head(method: string, path: string, headers: readonly string[]): Buffer {
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`, 'latin1');
}

function makeBody(chance: Chance): { body: Buffer; jsonLength: number | string | undefined } {
  const rows = chance.integer(4);
  const isBinary = chance.isTrue(0.4);
  const json = makeJson(chance, rows, isBinary);
  const text = Buffer.from(chance.isTrue(0.15) ? mutateBytes(chance, Buffer.from(json)) : json);
  const binary = isBinary ? chance.bytes(chance.isTrue(0.9) ? 8 * rows : chance.integer(40)) : Buffer.alloc(0);
  const honest = isBinary ? text.length : undefined;
  const jsonLength = chance.isTrue(0.95) ? honest : chance.pick([0, 1, text.length + binary.length + 1, -1, 'x', '9'.repeat(30), '']);
  return { body: Buffer.concat([text, binary]), jsonLength };
}

function makeJson(chance: Chance, rows: number, isBinary: boolean): string {
  const odd = (right: string): string => (chance.isTrue(0.04) ? chance.pick(ODD) : right);
  const key = (name: string): string => (chance.isTrue(0.02) ? chance.pick(['"__proto__"', '"x"', '""']) : `"${name}"`);
  const numbers = Array.from({ length: rows }, () => `[${odd('1.5')},${odd('-2')}]`).join(',');
  const x = [
    `${key('name')}:${odd('"x"')}`,
    `${key('datatype')}:${odd(chance.pick(['"FP32"', '"FP32"', '"FP32"', '"BF16"', '"INT8"']))}`,
    `${key('shape')}:${odd(`[${odd(String(rows))},${odd('2')}]`)}`,
  ];
  const data = isBinary ? `"parameters":{"binary_data_size":${odd(String(8 * rows))}}` : `"data":${odd(`[${numbers}]`)}`;
  const words = `{"name":"text","datatype":"BYTES","shape":[${odd(String(rows))}],"data":${odd(`[${Array(rows).fill('"hi"').join()}]`)}}`;
  const fields = [`${key('inputs')}:${odd(`[{${[...x, data].filter(() => !chance.isTrue(0.02)).join()}},${words}]`)}`];
  if (chance.isTrue(0.3)) fields.push(`"id":${odd('"7"')}`);
  if (chance.isTrue(0.3)) fields.push(`"parameters":${odd(`{"binary_data_output":${odd('true')},"priority":${odd('1')},"timeout":${odd('1000')}}`)}`);
  if (chance.isTrue(0.3))
    fields.push(`"outputs":${odd(`[{"name":${odd('"y"')},"parameters":{"binary_data":${odd('true')},"classification":${odd('0')}}}]`)}`);
  if (chance.isTrue(0.01)) fields.push(`"deep":${'['.repeat(5000)}${']'.repeat(5000)}`);
  return `{${chance.shuffle(fields).join()}}`;
}

function compressed(chance: Chance, body: Buffer): { sent: Buffer; encoding: readonly string[] } {
  if (chance.isTrue(0.9))
    return { sent: body, encoding: chance.isTrue(0.98) ? [] : [`content-encoding: ${chance.pick(['br', 'gzip', 'deflate', 'identity', ''])}`] };
  const [name, zip] = chance.pick([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const);
  const bomb = chance.isTrue(0.02) ? Buffer.alloc(3_000_000) : body;
  const sent = zip(bomb, { level: 1 });
  return { sent: chance.isTrue(0.7) ? sent : mutateBytes(chance, sent), encoding: [`content-encoding: ${name}`] };
}

function chunked(chance: Chance, body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, 1 + chance.integer(40));
    parts.push(Buffer.from(`${size.toString(16)}\r\n`), body.subarray(at, at + size), Buffer.from('\r\n'));
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

function breakHttp(chance: Chance, whole: Buffer): Buffer {
  switch (chance.integer(6)) {
    case 0:
      return mutateBytes(chance, whole);
    case 1:
      return Buffer.concat([head('POST', INFER, ['host: x', 'content-length: 5', 'content-length: 6']), whole]);
    case 2:
      return Buffer.concat([head('POST', INFER, ['host: x', 'transfer-encoding: chunked']), chance.bytes(30)]);
    case 3:
      return head('POST', INFER, [`x: ${'y'.repeat(20_000)}`]);
    case 4:
      return Buffer.concat([whole, whole, chance.bytes(20)]);
    default:
      return chance.bytes(chance.integer(200));
  }
}
