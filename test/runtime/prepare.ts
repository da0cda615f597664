/** Makes what the runtime's foreign clients need, ahead of their tests: `npm test` starts it beside the phases that come before. */
import { ensureGrpcurl, ensureH2spec, ensurePerfAnalyzer } from './foreign-tools.js';
import { ensurePythonVenv } from './python-venv.js';

const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['clients of Triton', () => ensurePythonVenv()],
  ['exporters of models', () => ensurePythonVenv('models')],
  ['grpcurl', ensureGrpcurl],
  ['h2spec', ensureH2spec],
  ['perf_analyzer', ensurePerfAnalyzer],
  ['client of KServe', () => ensurePythonVenv('kserve')],
];

// one after another: the phases that run meanwhile need the processors more; a test that finds something missing makes it, or says why not
for (const [name, make] of steps) {
  await make().catch((error: unknown) => console.error(`  ${name}: ${error instanceof Error ? error.message : String(error)}`));
}
