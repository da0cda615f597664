/** Programs of other projects that the tests run as clients, each made once per version under .slipway/: grpcurl, h2spec and perf_analyzer. */
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { exec } from '../../hack/exec.js';
import { PYTHON_SOURCES, STATE_FOLDER } from './python-venv.js';

const GRPCURL = '1.9.3';
/** The last that the public module proxy lists. */
const H2SPEC = '2.2.1';
const PERF_ANALYZER = 'perf-analyzer==2.60.0';
/** perf_analyzer opens libcudart.so for shared memory of any kind, on machines without a GPU too. */
const CUDA_RUNTIME = 'nvidia-cuda-runtime-cu12==12.9.79';
/** perf_analyzer is linked against glibc 2.38. */
const DEBIAN = 'trixie';
const DEBIAN_PACKAGES = 'libc6,libstdc++6,libgcc-s1,libssl3t64,zlib1g,libzstd1';
const LIBRARIES = join('usr', 'lib', 'x86_64-linux-gnu');

/** Path of grpcurl, built from its Go module. */
export async function ensureGrpcurl(): Promise<string> {
  const folder = await ensureFolder(join(STATE_FOLDER, 'bin', `grpcurl-${GRPCURL}`), async (partial) => {
    await exec('go', ['install', '-trimpath', `github.com/fullstorydev/grpcurl/cmd/grpcurl@v${GRPCURL}`], {
      env: { GOBIN: partial, CGO_ENABLED: '0' },
    });
  });
  return join(folder, 'grpcurl');
}

/** Path of h2spec, built from its Go module. It has no go.mod, so test/runtime/h2spec names the versions of what it imports. */
export async function ensureH2spec(): Promise<string> {
  const folder = await ensureFolder(join(STATE_FOLDER, 'bin', `h2spec-${H2SPEC}`), async (partial) => {
    await exec('go', ['install', '-mod=readonly', '-trimpath', 'github.com/summerwind/h2spec/cmd/h2spec'], {
      cwd: join(PYTHON_SOURCES, 'h2spec'),
      env: { GOBIN: partial, CGO_ENABLED: '0' },
    });
  });
  return join(folder, 'h2spec');
}

/**
 * perf_analyzer as a command and its first arguments: the program of the Python package, started by the loader of a newer Debian,
 * whose libraries lie beside it. Needs no root and no chroot to run.
 */
export async function ensurePerfAnalyzer(): Promise<readonly string[]> {
  if (process.arch !== 'x64') throw new Error(`perf_analyzer is published for x64 only, and this machine is ${process.arch}`);
  const key = createHash('sha256').update(`${PERF_ANALYZER} ${CUDA_RUNTIME} ${DEBIAN} ${DEBIAN_PACKAGES}`).digest('hex').slice(0, 12);
  const folder = await ensureFolder(join(STATE_FOLDER, 'tools', `perf-analyzer-${key}`), makePerfAnalyzer);
  const libraries = join(folder, 'root', LIBRARIES);
  return [join(libraries, 'ld-linux-x86-64.so.2'), '--library-path', libraries, join(folder, 'perf_analyzer', 'bin', 'perf_analyzer')];
}

async function makePerfAnalyzer(folder: string): Promise<void> {
  const root = join(folder, 'root');
  const debian = ['--quiet', '--variant=extract', '--format=directory', `--include=${DEBIAN_PACKAGES}`, DEBIAN, root, 'http://deb.debian.org/debian'];
  await exec('mmdebstrap', debian).catch(fail("Debian's package mmdebstrap, a keyring that knows trixie, and a mirror of Debian"));
  for (const unused of ['dev', 'etc', 'tmp', 'var']) rmSync(join(root, unused), { recursive: true });
  for (const wheel of [PERF_ANALYZER, CUDA_RUNTIME]) await unpackWheel(wheel, folder).catch(fail('Python 3 with pip, and a package index'));
  chmodSync(join(folder, 'perf_analyzer', 'bin', 'perf_analyzer'), 0o755);
  cpSync(join(folder, 'nvidia', 'cuda_runtime', 'lib', 'libcudart.so.12'), join(root, LIBRARIES, 'libcudart.so'));
  rmSync(join(folder, 'nvidia'), { recursive: true });
}

async function unpackWheel(requirement: string, folder: string): Promise<void> {
  const wheels = join(folder, 'wheels');
  const platforms = ['manylinux_2_38_x86_64', 'manylinux2014_x86_64'].flatMap((platform) => ['--platform', platform]);
  await exec('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', ...platforms, '--dest', wheels, requirement]);
  await exec('sh', ['-c', 'python3 -m zipfile --extract "$0"/*.whl "$1" && rm -r "$0"', wheels, folder]);
}

/** Whole or not at all: made beside its place and then moved there. */
async function ensureFolder(folder: string, make: (partial: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    await make(partial);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
  if (existsSync(folder)) rmSync(partial, { recursive: true });
  else renameSync(partial, folder);
  return folder;
}

function fail(needed: string): (cause: unknown) => never {
  return (cause) => {
    throw new Error(`perf_analyzer needs ${needed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  };
}
