/** Makes the pretended nodes that are missing, takes away those that are too many or of another shape, and waits until all are Ready. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries, Note } from './binaries.js';
import { KWOK_NODE_LABEL, type KwokState, kwokNode, kwokNodeNames, shapeOf } from './kwok.js';
import type { Layout } from './layout.js';
import { execMortal } from './mortal.js';

const TIMEOUT_MS = 120_000;
const PER_CALL = 100;

export async function ensureKwokNodes(layout: Layout, { kubectl }: Pick<Binaries, 'kubectl'>, state: KwokState, note: Note): Promise<void> {
  const run = (args: readonly string[], input = ''): Promise<string> =>
    execMortal(kubectl, ['--kubeconfig', layout.kubeconfig, '--request-timeout=60s', ...args], { input });
  const list = async (path: string): Promise<string[][]> => {
    const text = await run(['get', 'nodes', '-l', KWOK_NODE_LABEL, '-o', `jsonpath={range .items[*]}{.metadata.name} ${path}{"\\n"}{end}`]);
    return text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ')]));
  };
  const before = await list('{.metadata.annotations.kwok\\.slipway\\.dev/shape}');
  if (state.nodes === 0 && before.length === 0) return;
  const { missing, surplus } = planNodes(before, state);
  if (surplus.length > 0) await run(['delete', 'nodes', '--wait=true', ...surplus]);
  if (missing.length > 0) note(`making ${missing.length} pretended nodes`);
  for (let at = 0; at < missing.length; at += PER_CALL) {
    const items = missing.slice(at, at + PER_CALL).map((name) => kwokNode(name, state));
    await run(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  }
  for (const until = Date.now() + TIMEOUT_MS; ; await sleep(300)) {
    const ready = (await list('{.status.conditions[?(@.type=="Ready")].status}')).filter(([, status]) => status === 'True').length;
    if (ready === state.nodes) return;
    if (Date.now() > until)
      throw new Error(`Of ${state.nodes} pretended nodes ${ready} are Ready after ${TIMEOUT_MS / 1000} s; see ${layout.logDir}/kwok.log`);
  }
}

/** `found`: name and shape of each node that is there. Pure. */
export function planNodes(found: readonly (readonly string[])[], state: KwokState): { readonly missing: string[]; readonly surplus: string[] } {
  const wanted = new Set(kwokNodeNames(state));
  const kept = new Set(found.filter(([name = '', shape]) => wanted.has(name) && shape === shapeOf(state)).map(([name = '']) => name));
  return {
    missing: [...wanted].filter((name) => !kept.has(name)),
    surplus: found.map(([name = '']) => name).filter((name) => !kept.has(name)),
  };
}
