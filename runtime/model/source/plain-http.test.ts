import { expect, test } from '@jest/globals';
import { isPlainHttp } from './plain-http.js';

test.each([
  ['registry.local', [], false],
  ['registry.local', ['registry.local'], true],
  ['registry.local:5000', ['registry.local'], true],
  ['REGISTRY.local:5000', ['registry.local:5000'], true],
  ['registry.local:5001', ['registry.local:5000'], false],
  ['registry.local', ['registry.local:5000'], false],
  ['registry.local', ['registry.local:80'], true],
  ['registry.local:80', ['registry.local:80'], true],
  ['evil.registry.local', ['registry.local'], false],
  ['registry.local.evil', ['registry.local'], false],
  ['[::1]:5000', ['[::1]'], true],
])('%s with %j is %p', (host, allowed, want) => expect(isPlainHttp(host, allowed)).toBe(want));
