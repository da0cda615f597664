import { expect, test } from '@jest/globals';
import { findSimilar, readHelp } from './help.js';

test.each(['serve', 'infer', 'bench', 'plan', 'update', 'push', 'resolve', 'fetch'])(
  '%s is in the overview and has a help of its own',
  async (command) => {
    expect(await readHelp(undefined)).toContain(`\n  ${command} `);
    expect(await readHelp(command)).toMatch(new RegExp(`^Usage: slipway ${command} `));
  },
);

test.each([undefined, 'version', 'nobody', 'constructor'])('%s gets the overview', async (command) => {
  expect(await readHelp(command)).toMatch(/^Usage: slipway COMMAND/);
});

test.each([
  ['serv', 'serve'],
  ['infre', 'infer'],
  ['bnech', 'bench'],
  ['pull', 'push'],
  ['x', undefined],
  ['frobnicate', undefined],
])('%s looks like %s', (word, want) => expect(findSimilar(word)).toBe(want));

test('no line of help is wider than a wide terminal', async () => {
  const texts = await Promise.all([undefined, 'infer', 'bench', 'plan', 'update', 'push', 'resolve', 'fetch'].map(readHelp));
  expect(texts.flatMap((text) => text.split('\n')).filter((line) => line.length > 130)).toEqual([]);
});
