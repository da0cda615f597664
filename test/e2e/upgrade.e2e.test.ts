/** docs/guides/upgrades.md, done as it says while a client is calling: no call may fail, and no pod may be restarted unasked. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readHelp } from '../../cli/help.js';
import { exec, execAny } from '../../hack/exec.js';
import { type InstallImages, installSlipway } from '../../hack/install-slipway.js';
import { isReady, type ModelView } from '../../hack/wait-model.js';
import { ensureImages, pushImages } from '../../images/build.js';
import { readDocument } from '../docs/documents.js';
import { Load } from './load.js';
import { makeNextVersion, NEXT_CHANGES, type NextVersion } from './next-version.js';
import { SMALL, World } from './world.js';

const TIMEOUT_MS = 240_000;
const SILENT = (): void => undefined;
const MODEL = 'upright';
/** The whole line of the guide that takes a consent back. */
const GO_BACK = `kubectl -n shop patch mdep reader --type=merge -p '{"spec":{"runtime":{"acceptedUpdate":null}}}'`;
const { blocks } = readDocument('docs/guides/upgrades.md');

let world: World;
let images: InstallImages;
let next: NextVersion;
let load: Load;
/** Holds the next version and, in bin, the plugin of kubectl. */
let folder: string;
let first: ModelView;

beforeAll(async () => {
  world = await World.start('upgrade');
  world.requireDisruption();
  images = await pushImages(await ensureImages(SILENT), world.cluster, SILENT);
  folder = mkdtempSync(join(tmpdir(), 'slipway-upgrade-'));
  mkdirSync(join(folder, 'bin'));
  const current = (await world.kubectl.run(['config', 'current-context'])).trim();
  // the guide's commands name no context
  if (current !== world.cluster.context) throw new Error(`The kubeconfig's context is ${current}, and that of the tests ${world.cluster.context}`);
  next = await makeNextVersion(world, images.control, join(folder, 'next'));
  const { uri } = await world.push('upright', '1');
  await world.apply(MODEL, { model: { uri }, replicas: 2, ...SMALL });
  first = await world.waitFor(MODEL, isReady);
  load = await Load.start(world, MODEL);
}, TIMEOUT_MS);
afterAll(async () => {
  await installSlipway({ cluster: world.cluster, kubectl: world.kubectl, images, note: SILENT }); // whatever failed, others find this version
  rmSync(folder, { recursive: true });
  await world.stop();
}, TIMEOUT_MS);

/** A block of commands of the guide, by its first line. */
function findBlock(firstLine: string): number {
  const at = blocks.findIndex(({ language, text }) => language === 'sh' && text.split('\n')[0] === firstLine);
  if (at < 0) throw new Error(`The guide has no command "${firstLine}"`);
  return at;
}

function commandOf(firstLine: string): string {
  return localize(blocks[findBlock(firstLine)]?.text ?? '');
}

/** What the guide says that they print. */
function outputOf(firstLine: string): RegExp {
  const lines = localize(blocks[findBlock(firstLine) + 1]?.text ?? '').trim();
  // columns are as wide as what stands in them
  return new RegExp(
    lines
      .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('…', '\\S+')
      .replaceAll(/ {2,}/g, ' +'),
  );
}

function localize(text: string): string {
  return text
    .replaceAll('~/.local/bin', join(folder, 'bin'))
    .replaceAll(/\bshop\b/g, world.namespace)
    .replaceAll(/\breader\b/g, MODEL);
}

/** In a shell in which kubectl finds the plugin, and speaks to the cluster of the tests. */
async function shell(command: string): Promise<string> {
  const { kubeconfig, kubectl } = world.kubectl.access;
  const local = command.replaceAll('kubectl slipway', '$KUBECTL slipway').replaceAll(/^kubectl /gm, '$KUBECTL ');
  const env = {
    KUBECTL: kubectl,
    KUBECONFIG: kubeconfig,
    PATH: [join(folder, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter),
  };
  return exec('sh', ['-euc', local], { cwd: next.root, env });
}

const install = (control: InstallImages['control']): Promise<void> =>
  installSlipway({ cluster: world.cluster, kubectl: world.kubectl, images: { ...images, control }, note: SILENT });

/** Every pod that serves, with its restarts: `name uid restarts seconds-of-grace`. */
async function pods(): Promise<string[]> {
  const columns =
    '{range .items[*]}{.metadata.name} {.metadata.uid} {.status.containerStatuses[*].restartCount} {.spec.terminationGracePeriodSeconds}{"\\n"}{end}';
  const selector = `slipway.dev/model=${MODEL},slipway.dev/component=serve`;
  const listed = await world.kubectl.run(['-n', world.namespace, 'get', 'pods', '-l', selector, '-o', `jsonpath=${columns}`]);
  return listed.trim().split('\n').sort();
}

const hasUpdate = (view: ModelView): boolean => isReady(view) && view.conditions.get('UpdateAvailable')?.status === 'True';
const hasNone = (view: ModelView): boolean => isReady(view) && !view.conditions.has('UpdateAvailable');

/** Ready with another revision, and no pod of the last one left: its drain is part of the change. */
async function waitRolled(from: ModelView): Promise<ModelView> {
  const rolled = await world.waitFor(MODEL, (view) => isReady(view) && view.revision !== from.revision);
  for (const until = Date.now() + 90_000; (await pods()).some((pod) => pod.startsWith(`${from.revision}-`)); ) {
    if (Date.now() > until) throw new Error(`Revision ${from.revision} still has pods`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return rolled;
}

describe('an upgrade of the operator', () => {
  let before: string[];
  let planned: string;
  let accepted: ModelView;

  test(
    'the command of the next version is a plugin of kubectl, with every command that slipway has',
    async () => {
      await shell(commandOf('npm run build').replace('npm run build\n', '')); // it was built
      const help = await shell('kubectl slipway help');
      const names = [...help.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1] ?? '');
      expect(names).toEqual(['serve', 'infer', 'bench', 'plan', 'update', 'push', 'resolve', 'fetch']);
      for (const name of names) {
        expect(await shell(`kubectl slipway ${name} --help`)).toBe(`${await readHelp(name)}\n`);
      }
      expect(await shell('kubectl slipway version')).toMatch(/^\d+\.\d+\.\d+\n$/);
      const wrong = await execAny('sh', ['-c', '"$0" slipway updat', world.kubectl.access.kubectl], {
        env: { PATH: `${join(folder, 'bin')}:${dirname(process.execPath)}:${process.env['PATH']}` },
      });
      expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "update"?')]);
    },
    TIMEOUT_MS,
  );

  test(
    'is planned before it is made',
    async () => {
      before = await pods();
      expect(before).toHaveLength(2);
      expect(first.conditions.has('UpdateAvailable')).toBe(false);
      const command = 'kubectl slipway plan --operator-upgrade';
      const printed = await shell(`${commandOf(command)} -n ${world.namespace}`);
      expect(printed).toMatch(outputOf(command));
      planned = /^\S+ +upright +\S+ +([0-9a-f]{8}) /m.exec(printed)?.[1] ?? '';
    },
    TIMEOUT_MS,
  );

  test(
    'restarts no pod, and says what a consent would roll',
    async () => {
      await install(next.control);
      const view = await world.waitFor(MODEL, hasUpdate);
      expect(view.raw['status']).toMatchObject({ update: { id: planned, changes: NEXT_CHANGES } });
      expect(view.revision).toBe(first.revision);
      expect(await pods()).toEqual(before);
    },
    TIMEOUT_MS,
  );

  test(
    'and back does neither; what was on offer is gone',
    async () => {
      await install(images.control);
      await world.waitFor(MODEL, hasNone);
      expect(await pods()).toEqual(before);
      await install(next.control);
      await world.waitFor(MODEL, hasUpdate);
      expect(await pods()).toEqual(before);
    },
    TIMEOUT_MS,
  );

  test(
    'rolls nothing for a consent to what is not on offer, and says so',
    async () => {
      await world.patch(MODEL, { runtime: { acceptedUpdate: 'deadbeef' } });
      const refused = await world.waitFor(MODEL, (view) => view.conditions.get('Stalled')?.reason === 'UpdateNotOffered');
      const offer = `this operator offers ${planned} (${NEXT_CHANGES.join('; ')}). Set it to ${planned} to accept that, or remove it to keep`;
      expect(refused.conditions.get('Stalled')?.message).toContain(offer);
      expect([refused.revision, await pods()]).toEqual([first.revision, before]);
      await world.patch(MODEL, { runtime: { acceptedUpdate: null } });
      await world.waitFor(MODEL, hasUpdate);
    },
    TIMEOUT_MS,
  );

  test(
    'rolls the model when its user agrees',
    async () => {
      const dryRun = 'kubectl slipway update reader -n shop --dry-run';
      expect(await shell(commandOf(dryRun))).toMatch(outputOf(dryRun));
      expect(await pods()).toEqual(before);
      const update = 'kubectl slipway update reader -n shop';
      expect(await shell(commandOf(update))).toMatch(outputOf(update));
      accepted = await waitRolled(first);
      expect(accepted.conditions.has('UpdateAvailable')).toBe(false);
      expect((await pods()).map((pod) => pod.split(' ').slice(2))).toEqual([
        ['0', '47'],
        ['0', '47'],
      ]);
    },
    TIMEOUT_MS,
  );

  test(
    'taken back leaves what was accepted; taking the consent back brings the pods of before',
    async () => {
      const rolled = await pods();
      await install(images.control);
      const view = await world.waitFor(MODEL, hasUpdate);
      expect([view.revision, await pods()]).toEqual([accepted.revision, rolled]);
      await shell(commandOf(GO_BACK));
      const back = await waitRolled(accepted);
      expect([back.revision, back.conditions.has('UpdateAvailable')]).toEqual([first.revision, false]);
      expect((await pods()).map((pod) => pod.split(' ').slice(2))).toEqual([
        ['0', '45'],
        ['0', '45'],
      ]);
    },
    TIMEOUT_MS,
  );

  test(
    'in all of which no call failed',
    async () => {
      const report = await load.stop();
      expect(report).toMatchObject({ failed: 0, errors: {} });
      expect(report.succeeded).toBeGreaterThan(1000);
    },
    TIMEOUT_MS,
  );
});
