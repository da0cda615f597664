import { expect, test } from '@jest/globals';
import { parseBenchFlags } from './flags.js';
import { PEER_NAMES } from './peer-names.js';

test.each([
  ['peers without names are all', ['--peers'], { peers: PEER_NAMES }],
  ['names after --peers', ['--peers', 'mosec,kserve', 'ray'], { peers: ['mosec', 'kserve', 'ray'] }],
  ['cases', ['--cases', 'mlp,vad', '--check'], { cases: ['mlp', 'vad'], check: true, peers: [] }],
  ['the control loop', ['--control-loop'], { controlLoop: { quick: false, parts: [], soakMinutes: 10 } }],
  ['sizes of it', ['--control-loop', '--counts', '10,20,30', '--steady-seconds', '60'], { controlLoop: { counts: [10, 20, 30], steadySeconds: 60 } }],
  ['a part of it', ['--control-loop', '--parts', 'soak', '--soak-minutes', '120'], { controlLoop: { parts: ['soak'], soakMinutes: 120 } }],
])('%s', (_name, argv, want) => expect(parseBenchFlags(argv)).toMatchObject(want));

test.each([
  ['a model nobody knows', ['--cases', 'gpt'], '--cases "gpt" is not known: give mlp'],
  ['a peer nobody knows', ['--peers', 'x'], '--peers "x" is not known'],
  ['names without --peers', ['mosec'], 'come after --peers'],
  ['a part without the control loop', ['--parts', 'soak'], 'give --control-loop too'],
  ['a soak that is no time', ['--control-loop', '--soak-minutes', 'long'], '--soak-minutes "long" cannot be'],
  ['sizes that are none', ['--control-loop', '--counts', '10,20'], '--counts "10,20" cannot be'],
  ['a part nobody knows', ['--control-loop', '--parts', 'x'], '--parts "x" is not known'],
  ['another flag', ['--fast'], '--fast'],
])('refuses %s', (_name, argv, want) => expect(parseBenchFlags(argv)).toContain(want));
