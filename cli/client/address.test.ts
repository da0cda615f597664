import { expect, test } from '@jest/globals';
import { formatAddress, isLoopback, parseAddress } from './address.js';

test.each([
  ['localhost', 'localhost:8001', true],
  ['reader.shop.svc:9000', 'reader.shop.svc:9000', false],
  ['127.0.0.1:1', '127.0.0.1:1', true],
  ['[::1]:8001', '[::1]:8001', true],
  ['[::1]', '[::1]:8001', true],
])('%s is %s', (text, want, isNear) => {
  const address = parseAddress(text, 8001);
  expect([formatAddress(address), isLoopback(address)]).toEqual([want, isNear]);
});

test.each([
  ['http://localhost:8000', 'without a scheme (--tls asks for TLS, --http for REST)'],
  ['localhost:0', 'such as localhost:8001'],
  ['localhost:65536', 'such as localhost:8001'],
  ['::1', 'such as localhost:8001 or [::1]:8001'],
  ['', 'such as'],
])('"%s" is refused', (text, words) => expect(() => parseAddress(text, 8001)).toThrow(`--address "${text}" is no address: give HOST:PORT, ${words}`));
