import { expect, test } from '@jest/globals';
import { parseSockets } from './operator-under-test.js';

const TEXT = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0206C90A:9C40 0206C90A:192B 01 00000000:00000000 00:00000000 00000000     0        0 111 1 0 20 4 30 10 -1
   1: 0206C90A:9C42 0206C90A:192B 06 00000000:00000000 00:00000000 00000000     0        0 112 1 0 20 4 30 10 -1
   2: 0206C90A:192B 0206C90A:9C40 01 00000000:00000000 00:00000000 00000000     0        0 113 1 0 20 4 30 10 -1
   3: 0206C90A:9C44 0206C90A:1F42 01 00000000:00000000 00:00000000 00000000     0        0 114 1 0 20 4 30 10 -1
`;

test('established connections to the port, and not those that end, that come from it, or that go elsewhere', () => {
  expect(parseSockets(TEXT, 6443)).toEqual(['111']);
});
