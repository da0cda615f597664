import { describe, expect, test } from '@jest/globals';
import { formatTermination, isPermanent, parseTermination, TERMINATION_CODES, TERMINATION_MAX_BYTES } from './termination.js';

describe('termination', () => {
  test('comes back as it was written', () => {
    const termination = { code: 'DIGEST_MISMATCH', stage: 'verify', message: 'got sha256:b', digest: 'sha256:a' } as const;
    expect(parseTermination(formatTermination(termination))).toEqual(termination);
  });
  test('stays within the limit of Kubernetes and stays parseable', () => {
    for (const letter of ['x', 'é', '🎉', '\u0000', '\ud800', '"']) {
      const text = formatTermination({ code: 'INTERNAL', stage: 'serve', message: letter.repeat(9000), digest: `sha256:${'a'.repeat(64)}` });
      expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(TERMINATION_MAX_BYTES);
      expect(parseTermination(text)).toMatchObject({ code: 'INTERNAL', message: expect.stringMatching(/.{400}…$/s) });
    }
  });
  test.each([
    undefined,
    '',
    'Killed',
    '{',
    '[]',
    '{"code":"NOPE","stage":"x","message":"y"}',
    '{"code":"toString","stage":"x","message":"y"}',
    '{"code":"OK"}',
    '{"code":"OK","stage":"resolve","message":"ok","digest":7}',
    '{"code":"OK","stage":"verify","message":"ok","contentDigest":["sha256:a"]}',
    '{"code":"OK","stage":"verify","message":"ok","bytes":1.5}',
    '{"code":"OK","stage":"verify","message":"ok","bytes":"12"}',
  ])('is absent in %p', (text) => {
    expect(parseTermination(text)).toBeUndefined();
  });
  test('exit codes are distinct, so that a lost message still tells the cause', () => {
    const exits = Object.values(TERMINATION_CODES).map((code) => code.exit);
    expect(new Set(exits).size).toBe(exits.length);
  });
  test('a mended network or Secret heals without a spec change', () => {
    expect(isPermanent('SOURCE_UNREACHABLE')).toBe(false);
    expect(isPermanent('SOURCE_UNAUTHORIZED')).toBe(false);
    expect(isPermanent('DIGEST_MISMATCH')).toBe(true);
  });
});
