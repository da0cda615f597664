/** What can be asked of `npm run bench`. */
import { parseArgs } from 'node:util';
import type { CaseKey } from './cases.js';
import { type ControlLoopFlags, PART_NAMES } from './control-loop/flags.js';
import { PEER_NAMES, type PeerName } from './peer-names.js';

export interface BenchFlags {
  readonly help: boolean;
  readonly cases: readonly CaseKey[];
  /** None: peers are not run. */
  readonly peers: readonly PeerName[];
  readonly memory: boolean;
  readonly soak: boolean;
  readonly check: boolean;
  readonly quick: boolean;
  readonly markdown?: string;
  /** Instead of everything else: the operator on pretended nodes. */
  readonly controlLoop?: ControlLoopFlags;
}

export const CASE_KEYS: readonly CaseKey[] = ['mlp', 'cls', 'rec', 'vad', 'reduce'];

export const BENCH_USAGE = `Usage: npm run bench -- [flags]
  (none)             ONNX Runtime, naive server, null server and Slipway on every model, and memory: about 5 minutes
  --cases a,b        of ${CASE_KEYS.join(', ')}
  --peers [names]    instead: peers, each against Slipway, two settings swept: ${PEER_NAMES.join(', ')} (default: all).
                     Python environments are made under .slipway/venv at the first run, which needs a package index
  --memory           instead: memory alone
  --soak             instead: memory after 100,000 and 1,000,000 mixed requests, and after a burst: about 5 minutes
  --check            then print each target with what was measured: met, not met or not measured
  --markdown FILE    write the tables to FILE
  --control-loop     instead: the operator with thousands of models on pretended nodes (kwok), an hour and a half; with
                     --parts a,b        of ${PART_NAMES.join(', ')}
                     --soak-minutes N   how long the soak lasts (default 10; 0: none)
                     --operator FILE    another one's dist/operator/main.js, to compare
                     --profile FOLDER   a CPU profile of each operator
                     --quick            smaller sizes, without spread: 5 minutes
  --quick            two short rounds: shows that everything runs, its figures mean little
Several of --peers, --memory and --soak may be given; --cases chooses models for --peers too (default there: mlp)`;

export function parseBenchFlags(argv: readonly string[]): BenchFlags | string {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
    const peers = pick('--peers', positionals.flatMap(split), PEER_NAMES);
    const stray = (['parts', 'soak-minutes', 'operator', 'profile'] as const).find((name) => values[name] !== undefined);
    if (stray !== undefined && !values['control-loop']) return `--${stray} is of the control loop: give --control-loop too`;
    if (peers.length > 0 && !values.peers) return `"${positionals.join(' ')}" is not known: names of peers come after --peers`;
    return {
      help: values.help,
      cases: pick('--cases', split(values.cases ?? ''), CASE_KEYS),
      peers: values.peers && peers.length === 0 ? PEER_NAMES : peers,
      memory: values.memory,
      soak: values.soak,
      check: values.check,
      quick: values.quick,
      ...(values['control-loop'] ? { controlLoop: readControlLoop(values) } : {}),
      ...(values.markdown === undefined ? {} : { markdown: values.markdown }),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const OPTIONS = {
  help: { type: 'boolean', default: false },
  cases: { type: 'string' },
  peers: { type: 'boolean', default: false },
  memory: { type: 'boolean', default: false },
  soak: { type: 'boolean', default: false },
  check: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  markdown: { type: 'string' },
  'control-loop': { type: 'boolean', default: false },
  parts: { type: 'string' },
  'soak-minutes': { type: 'string' },
  profile: { type: 'string' },
  operator: { type: 'string' },
} as const;

interface ControlLoopValues {
  readonly quick: boolean;
  readonly parts?: string;
  readonly 'soak-minutes'?: string;
  readonly profile?: string;
  readonly operator?: string;
  readonly markdown?: string;
}

function readControlLoop(values: ControlLoopValues): ControlLoopFlags {
  const { quick, profile, operator, markdown } = values;
  const text = values['soak-minutes'] ?? (quick ? '1' : '10');
  const soakMinutes = Number(text);
  if (text.trim() === '' || !(soakMinutes >= 0 && soakMinutes <= 1440)) throw new Error(`--soak-minutes "${text}" cannot be: give 0 to 1440`);
  return {
    quick,
    parts: pick('--parts', split(values.parts ?? ''), PART_NAMES),
    soakMinutes,
    ...(profile === undefined ? {} : { profile }),
    ...(operator === undefined ? {} : { operator }),
    ...(markdown === undefined ? {} : { markdown }),
  };
}

function split(text: string): string[] {
  return text.split(',').filter((word) => word !== '');
}

function pick<Name extends string>(flag: string, words: readonly string[], known: readonly Name[]): Name[] {
  return words.map((word) => {
    const found = known.find((name) => name === word);
    if (found === undefined) throw new Error(`${flag} "${word}" is not known: give ${known.join(', ')}`);
    return found;
  });
}
