#!/usr/bin/env node
/**
 * Where every npm script begins: `node hack/start.mjs <command> …`. Plain JavaScript without dependencies, so that it runs on
 * whatever Node a machine has, before node_modules exist. It installs what the lock file names, compiles what changed, and runs
 * the compiled command under the Node 24 of node_modules with the arguments, the signals and the exit code passed through.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE = join(ROOT, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const STAMP = join(ROOT, 'node_modules', '.slipway-stamp');
const BUILD_INFO = join(ROOT, 'dist', '.tsbuildinfo');
const LOCK = join(ROOT, '.slipway', 'setup.lock');
const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

/** What runs after installing and compiling; `linux` says that the command starts a local Kubernetes. */
const COMMANDS = {
  quickstart: { args: ['dist/hack/quickstart.js'], linux: true },
  test: { args: ['dist/hack/test.js'], linux: true },
  unit: { args: JEST, linux: false },
  long: { args: ['dist/hack/long.js'], linux: true },
  build: { args: [], linux: false },
  generate: { args: ['dist/hack/generate.js'], linux: false },
  verify: { args: ['dist/hack/verify.js'], linux: false },
  deps: { args: ['dist/hack/check-deps.js'], linux: false },
  bench: { args: ['dist/hack/bench.js'], linux: true },
  images: { args: ['dist/images/main.js'], linux: false },
  cluster: { args: ['dist/cluster/main.js'], linux: true },
};

/** The signal that came while a program ran, if one did. */
let interruptedBy;

const [name, ...rest] = process.argv.slice(2);
const command = COMMANDS[name];
if (command === undefined) fail(`usage: node hack/start.mjs <${Object.keys(COMMANDS).join(' | ')}> [arguments]`, 2);
checkMachine(command);
process.chdir(ROOT);
// `su` keeps a user's PATH, where ip and iptables are not
process.env.PATH = [dirname(NODE), process.env.PATH, ...(process.platform === 'linux' ? ['/usr/sbin', '/sbin'] : [])].filter(Boolean).join(delimiter);
process.env.ORT_DISABLE_TELEMETRY = '1';
bypassProxy('10.201.0.0/16'); // addresses of local clusters: a proxy of the user's knows nothing of them
process.env.ONNXRUNTIME_NODE_INSTALL = 'skip'; // the package has what CPUs need; its install script would fetch CUDA's libraries from elsewhere

await withLock(async () => {
  await installPackages();
  await compile();
});
if (interruptedBy !== undefined) process.exit(128 + constants.signals[interruptedBy]); // not every program fails when it is interrupted
if (command.args.length > 0) {
  const script = command.args.find((arg) => arg.endsWith('.js'));
  if (!existsSync(join(ROOT, script)))
    fail(`"${name}" is not part of this version: ${script.replace('dist/', '').replace('.js', '.ts')} does not exist`, 2);
  process.exitCode = await run(NODE, [...command.args, ...rest]);
}

function bypassProxy(network) {
  for (const name of ['NO_PROXY', 'no_proxy']) process.env[name] = [process.env[name], network].filter(Boolean).join(',');
}

function checkMachine({ linux }) {
  if (Number(process.versions.node.split('.')[0]) < 18) {
    fail(`Node ${process.versions.node} is too old to start with: install Node 18 or newer (the scripts then bring their own Node 24)`);
  }
  if (!linux || process.env.SLIPWAY_CLUSTER_CONTEXT) return;
  if (process.platform !== 'linux') {
    fail(
      `"${name}" starts a local Kubernetes, which needs Linux; this is ${process.platform}. Run it in a Linux machine (WSL 2, Lima, a VM), ` +
        'or name a cluster that you have: SLIPWAY_CLUSTER_CONTEXT=<context> and SLIPWAY_REGISTRY=<registry>. `npm run test:unit` works here',
    );
  }
  if (process.arch !== 'x64' && process.arch !== 'arm64') fail(`"${name}" needs an x64 or arm64 processor; this is ${process.arch}`);
}

/** `npm ci` unless node_modules already hold what the lock file names. */
async function installPackages() {
  const stamp = hashFiles(['package.json', 'package-lock.json']);
  if (existsSync(NODE) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return;
  if (!existsSync(NODE) || !matchesLock()) await runNpmCi();
  if (!existsSync(NODE)) await installNode();
  writeFileSync(STAMP, stamp);
}

/** True when somebody has run npm by hand: npm's own record of node_modules has each version that the lock file names. */
function matchesLock() {
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const has = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const wants = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wants).every(([path, entry]) => path === '' || entry.optional || has[path]?.version === entry.version);
}

async function runNpmCi() {
  const start = Date.now();
  console.log('▸ Installing npm packages');
  const progress = setInterval(() => console.log(`  ${seconds(start)}  ${countPackages()} packages so far`), 5000);
  const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], npmHint);
  clearInterval(progress);
  if (code !== 0)
    fail(`npm ci ended with exit code ${code}: see its words above; behind a proxy set HTTPS_PROXY, behind a mirror set npm's "registry"`, code);
  console.log(`  ✔ ${countPackages()} packages in ${seconds(start).trim()}`);
}

/** The package "node" gets its binary in an install script; npm may have been told to run none. */
async function installNode() {
  const folder = join(ROOT, 'node_modules', 'node');
  console.log('▸ Installing Node 24');
  await run(process.execPath, ['installArchSpecificPackage.js'], npmHint, folder);
  if (!existsSync(NODE))
    fail(
      `Node 24 could not be installed into ${relative(ROOT, folder)}: is there a package "node-${process.platform}-${process.arch}" in your npm registry?`,
    );
}

function npmHint() {
  return 'npm was not found: install it beside Node (Debian and Ubuntu: apt-get install npm)';
}

/** Incremental; a source that is gone takes its output with it, so that a deleted test does not keep running. */
async function compile() {
  const wanted = expectedOutputs();
  removeStale(join(ROOT, 'dist'), wanted);
  if ([...wanted].some((path) => path.endsWith('.js') && !existsSync(path))) rmSync(BUILD_INFO, { force: true });
  const code = await run(NODE, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', ...(process.stdout.isTTY ? ['--pretty'] : [])]);
  if (code !== 0) fail('The types do not check: see the errors above', 2);
  // npx runs these as programs, and tsc does not know that they are.
  for (const bin of Object.values(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).bin)) chmodSync(join(ROOT, bin), 0o755);
}

function expectedOutputs() {
  const wanted = new Set();
  for (const folder of JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')).include) {
    for (const path of walk(join(ROOT, folder))) {
      if (path.endsWith('.d.ts') || !path.endsWith('.ts')) continue;
      const output = join(ROOT, 'dist', relative(ROOT, path)).replace(/\.ts$/, '.js');
      wanted.add(output).add(`${output}.map`);
    }
  }
  return wanted;
}

function removeStale(folder, wanted) {
  for (const path of walk(folder)) if (/\.js(\.map)?$/.test(path) && !wanted.has(path)) rmSync(path);
}

function walk(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', '.slipway', '.venv'].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}

/** One set-up at a time in one working tree. A lock whose owner is gone is taken over. */
async function withLock(work) {
  mkdirSync(dirname(LOCK), { recursive: true });
  for (let told = false; !takeLock(); told = true) {
    if (!told) console.log('▸ Waiting for another command that installs or compiles here');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const release = () => rmSync(LOCK, { force: true });
  process.on('exit', release);
  await work();
  process.off('exit', release);
  release();
}

function takeLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  try {
    const owner = Number(readFileSync(LOCK, 'utf8'));
    if (owner > 0 ? isAlive(owner) : Date.now() - statSync(LOCK).mtimeMs < 2000) return false;
    rmSync(LOCK, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error; // released in between: try again
  }
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs a program on this terminal; signals go on to it and its exit code comes back. */
function run(program, args, hint = () => `"${program}" could not be started`, cwd = ROOT) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' && program === 'npm' });
    const forward = (signal) => {
      interruptedBy = signal;
      if (signal === 'SIGINT' && process.stdin.isTTY) return; // a terminal sends Ctrl-C to the whole group: once is enough
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    child.on('error', (error) => fail(`${hint()} (${error.message})`));
    child.on('close', (code, signal) => {
      for (const each of signals) process.off(each, forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

function hashFiles(paths) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const path of paths) hash.update(readFileSync(join(ROOT, path)));
  return hash.digest('hex');
}

function countPackages() {
  const folder = join(ROOT, 'node_modules');
  return existsSync(folder) ? readdirSync(folder).filter((entry) => !entry.startsWith('.')).length : 0;
}

function seconds(start) {
  return `${((Date.now() - start) / 1000).toFixed(0).padStart(4)} s`;
}

function fail(message, code = 1) {
  console.error(`\n✘ ${message}`);
  process.exit(code);
}
