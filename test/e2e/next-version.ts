/**
 * A next version of Slipway, made of this one: its code with another serving template, as a command on this machine and as a control
 * image in the cluster's registry. The image is the one of this version with one layer more, which a registry has in seconds.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exec } from '../../hack/exec.js';
import type { PushedImage } from '../../images/build.js';
import type { World } from './world.js';

const TEMPLATE = join('dist', 'operator', 'render', 'serving-template.js');
/** What the next version renders otherwise: text of the compiled code → text that stands there instead. */
const EDITS = [
  ['closeSeconds: 5', 'closeSeconds: 7'],
  ['TELEMETRY_OFF, ...(spec', "{ name: 'MALLOC_ARENA_MAX', value: '2' }, TELEMETRY_OFF, ...(spec"],
] as const;
/** As the status says it. */
export const NEXT_CHANGES = ['container runtime: env +MALLOC_ARENA_MAX 2', 'terminationGracePeriodSeconds 45 → 47'];

export interface NextVersion {
  /** Root of the code, as a checkout that was built. */
  readonly root: string;
  readonly control: PushedImage;
}

/** `root` is made. */
export async function makeNextVersion(world: World, control: PushedImage, root: string): Promise<NextVersion> {
  mkdirSync(root, { recursive: true });
  for (const folder of ['contract', 'lib', 'operator', 'cli', 'runtime', 'proto'])
    cpSync(join('dist', folder), join(root, 'dist', folder), { recursive: true });
  for (const shared of ['node_modules', 'package.json']) symlinkSync(resolve(shared), join(root, shared));
  writeFileSync(
    join(root, TEMPLATE),
    EDITS.reduce((text, [from, to]) => replaceOnce(text, from, to), readFileSync(TEMPLATE, 'utf8')),
  );
  return { root, control: await pushNext(world, control, root) };
}

async function pushNext({ cluster }: World, control: PushedImage, root: string): Promise<PushedImage> {
  const layer = join(root, 'layer.tar');
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--mode=a+r', '--transform', 's,^,app/,'];
  await exec('tar', [...same, '-C', root, '-cf', layer, TEMPLATE]);
  const repository = `${cluster.registryPush}/${control.repository}`;
  const insecure = cluster.registryPlainHttp ? ['--insecure'] : [];
  const from = ['--base', `${repository}@${control.digest}`, '--new_layer', layer, '--new_tag', `${repository}:next`];
  const pushed = await exec(cluster.binaries.crane, ['append', ...insecure, ...from]);
  const digest = /@(sha256:[0-9a-f]{64})\s*$/.exec(pushed)?.[1];
  if (digest === undefined) throw new Error(`crane append printed no digest: ${pushed}`);
  return { ...control, reference: `${control.registry}/${control.repository}@${digest}`, digest };
}

function replaceOnce(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) throw new Error(`${TEMPLATE} does not have "${from}" exactly once: EDITS are of an older template`);
  return text.replace(from, to);
}
