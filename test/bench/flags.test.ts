import { expect, test } from '@jest/globals';
import { parseBenchFlags } from './flags.js';
import { PEER_NAMES } from './peer-names.js';

test.each([
  ['peers without names are all', ['--peers'], { peers: PEER_NAMES }],
  ['names after --peers', ['--peers', 'mosec,kserve', 'ray'], { peers: ['mosec', 'kserve', 'ray'] }],
  ['cases', ['--cases', 'mlp,vad', '--check'], { cases: ['mlp', 'vad'], check: true, peers: [] }],
])('%s', (_name, argv, want) => expect(parseBenchFlags(argv)).toMatchObject(want));

test.each([
  ['a model nobody knows', ['--cases', 'gpt'], '--cases "gpt" is not known: give mlp'],
  ['a peer nobody knows', ['--peers', 'x'], '--peers "x" is not known'],
  ['names without --peers', ['mosec'], 'come after --peers'],
  ['another flag', ['--fast'], '--fast'],
])('refuses %s', (_name, argv, want) => expect(parseBenchFlags(argv)).toContain(want));
