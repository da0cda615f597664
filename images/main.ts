/** `npm run images [-- --context | --push REGISTRY [--plain-http]]`: builds the images, prints their sizes, pushes them. */
import { parseArgs } from 'node:util';
import { ensureCrane } from '../cluster/binaries.js';
import { Phases } from '../hack/phases.js';
import { ensureImages, prepareContext, pushImages } from './build.js';

const USAGE = `usage: npm run images [-- options]
  --context          only prepares the context for docker or podman (see images/Containerfile)
  --push REGISTRY    pushes to that registry, such as ghcr.io/you, and prints the references by digest
  --plain-http       the registry speaks HTTP`;

const phases = new Phases();
try {
  await main(parseOrExplain());
} catch (error) {
  console.error(`\n✘ ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function main(values: ReturnType<typeof parseOrExplain>): Promise<void> {
  if (values.context) return console.log(`The context is in ${prepareContext()}`);
  const images = await phases.run('images', (note) => ensureImages(note));
  const registry = values.push;
  if (registry === undefined) return;
  const pushed = await phases.run(`push to ${registry}`, async (note) => {
    const binaries = { crane: await ensureCrane(note) };
    return pushImages(images, { registryPush: registry, registryPull: registry, registryPlainHttp: values['plain-http'], binaries }, note);
  });
  for (const { reference } of Object.values(pushed)) console.log(reference);
}

function parseOrExplain() {
  try {
    const options = {
      context: { type: 'boolean', default: false },
      push: { type: 'string' },
      'plain-http': { type: 'boolean', default: false },
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}
