/** The examples of RFC 7541 appendix C: integers, fields and both series, with what is in the table after each block. */
import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { BlockReader } from './block-reader.js';
import { HpackDecoder } from './hpack-decoder.js';
import { type Pair, pairsOf, tableOf } from './test-blocks.js';

function makeDecoder(): HpackDecoder {
  return new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 16_384 });
}

function fromHex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
}

test.each([
  ['C.1.1: 10 in five bits', '0a', 0x1f, 10],
  ['C.1.2: 1337 in five bits', '1f 9a 0a', 0x1f, 1337],
  ['C.1.3: 42 in eight bits', '2a', 0xff, 42],
])('%s', (_name, hex, mask, want) => {
  const reader = new BlockReader();
  reader.open(fromHex(hex));
  expect([reader.integer(reader.byte(), mask), reader.hasMore]).toEqual([want, false]);
});

test.each<[name: string, hex: string, wantFields: Pair[], wantTable: Pair[]]>([
  [
    'C.2.1: with indexing',
    '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
    [['custom-key', 'custom-header']],
    [['custom-key', 'custom-header']],
  ],
  ['C.2.2: without indexing', '040c 2f73 616d 706c 652f 7061 7468', [[':path', '/sample/path']], []],
  ['C.2.3: never indexed', '1008 7061 7373 776f 7264 0673 6563 7265 74', [['password', 'secret']], []],
  ['C.2.4: indexed', '82', [[':method', 'GET']], []],
])('%s', (_name, hex, wantFields, wantTable) => {
  const decoder = makeDecoder();
  expect(pairsOf(decoder.decode(fromHex(hex)))).toEqual(wantFields);
  expect(tableOf(decoder)).toEqual(wantTable);
});

const AUTHORITY: Pair = [':authority', 'www.example.com'];
const NO_CACHE: Pair = ['cache-control', 'no-cache'];
const CUSTOM: Pair = ['custom-key', 'custom-value'];
const GET: Pair = [':method', 'GET'];
const REQUESTS: { want: Pair[]; wantTable: Pair[] }[] = [
  { want: [GET, [':scheme', 'http'], [':path', '/'], AUTHORITY], wantTable: [AUTHORITY] },
  { want: [GET, [':scheme', 'http'], [':path', '/'], AUTHORITY, NO_CACHE], wantTable: [NO_CACHE, AUTHORITY] },
  { want: [GET, [':scheme', 'https'], [':path', '/index.html'], AUTHORITY, CUSTOM], wantTable: [CUSTOM, NO_CACHE, AUTHORITY] },
];

const PRIVATE: Pair = ['cache-control', 'private'];
const DATE_21: Pair = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'];
const DATE_22: Pair = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'];
const LOCATION: Pair = ['location', 'https://www.example.com'];
const GZIP: Pair = ['content-encoding', 'gzip'];
const COOKIE: Pair = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'];
const RESPONSES: { want: Pair[]; wantTable: Pair[] }[] = [
  { want: [[':status', '302'], PRIVATE, DATE_21, LOCATION], wantTable: [LOCATION, DATE_21, PRIVATE, [':status', '302']] },
  { want: [[':status', '307'], PRIVATE, DATE_21, LOCATION], wantTable: [[':status', '307'], LOCATION, DATE_21, PRIVATE] },
  { want: [[':status', '200'], PRIVATE, DATE_22, LOCATION, GZIP, COOKIE], wantTable: [COOKIE, GZIP, DATE_22] },
];

/** The examples' connection has a table of 256 bytes. */
const TABLE_OF_256 = '3fe101';

describe.each([
  {
    name: 'C.3: requests',
    wants: REQUESTS,
    blocks: [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
  },
  {
    name: 'C.4: requests in Huffman code',
    wants: REQUESTS,
    blocks: [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
  },
  {
    name: 'C.5: responses',
    wants: RESPONSES,
    blocks: [
      `${TABLE_OF_256} 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768
       7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b
       425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
    ],
  },
  {
    name: 'C.6: responses in Huffman code',
    wants: RESPONSES,
    blocks: [
      `${TABLE_OF_256} 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8
       e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708
       7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ],
  },
])('$name', ({ wants, blocks }) => {
  test('fields and tables', () => {
    const decoder = makeDecoder();
    blocks.forEach((hex, index) => {
      expect(pairsOf(decoder.decode(fromHex(hex)))).toEqual(wants[index]?.want);
      expect(tableOf(decoder)).toEqual(wants[index]?.wantTable);
    });
  });
});
