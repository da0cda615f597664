/** `npm run bench`: what serving costs, side by side and in turns in one run. `-- --help` says what can be asked. */
import { runControlLoop } from '../test/bench/control-loop/run.js';
import { BENCH_USAGE, parseBenchFlags } from '../test/bench/flags.js';
import { runBench } from '../test/bench/run.js';

const flags = parseBenchFlags(process.argv.slice(2));
if (typeof flags === 'string') {
  console.error(`${flags}\n\n${BENCH_USAGE}`);
  process.exit(2);
}
if (flags.help) console.log(BENCH_USAGE);
else if (flags.controlLoop !== undefined) await runControlLoop(flags.controlLoop);
else await runBench(flags);
