/** `npm run generate`: everything that is derived from the CRD and the protos. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CRD_FILE, CRD_TYPES_FILE, generateCrdTypes } from './gen-crd-types.js';
import { generateProtoTypes } from './gen-proto-types.js';
import { CHART_CRDS, syncChartCrds } from './sync-chart-crds.js';

interface Generator {
  readonly from: string;
  /** File or folder. */
  readonly to: string;
  readonly run: () => Promise<void> | void;
}

const GENERATORS: readonly Generator[] = [
  { from: CRD_FILE, to: CRD_TYPES_FILE, run: generateCrdTypes },
  { from: CRD_FILE, to: CHART_CRDS, run: syncChartCrds },
  { from: 'proto/*.proto', to: join('proto', 'gen'), run: generateProtoTypes },
];

/** Runs every generator; resolves with the generated files whose content is not what it was, whatever git thinks of them. */
export async function generateAll(): Promise<string[]> {
  const before = readGenerated();
  for (const generator of GENERATORS) await generator.run();
  const after = readGenerated();
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path)).sort();
}

function readGenerated(): ReadonlyMap<string, string> {
  return new Map(GENERATORS.flatMap(({ to }) => filesOf(to).map((path) => [path, readFileSync(path, 'utf8')] as const)));
}

function filesOf(path: string): string[] {
  if (path.endsWith('.ts')) return [path];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const changed = await generateAll();
  for (const { from, to } of GENERATORS) console.log(`${from} → ${to}`);
  console.log(changed.length === 0 ? 'Everything was up to date' : `Changed: ${changed.join(', ')}`);
}
