/** The images as they are built and as they run: what is in them, what is not, and that they need nothing that a strict cluster takes away. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { externalCluster, findCluster } from '../../cluster/cluster.js';
import { parseTermination } from '../../contract/termination.js';
import { Kubectl } from '../../hack/kubectl.js';
import { type BuiltImage, ensureImages, type PushedImage, pushImages } from '../../images/build.js';
import { IMAGE_NAMES, type ImageName } from '../../images/components.js';
import { makeMlpModel } from '../bench/mlp-model.js';
import { type ImageFile, listFiles, readConfig, readManifest } from './image-files.js';
import { renderPod, runToEnd } from './pods.js';

const NAMESPACE = `slipway-images-${process.pid}`;
const MEGABYTE = 1e6;

let built: Readonly<Record<ImageName, BuiltImage>>;
let pushed: Readonly<Record<ImageName, PushedImage>>;
let files: Readonly<Record<ImageName, readonly ImageFile[]>>;
let kubectl: Kubectl;

beforeAll(async () => {
  const name = process.env['SLIPWAY_TEST_CLUSTER'] ?? 'dev';
  const cluster = (await externalCluster(process.env, () => undefined)) ?? (await findCluster(name));
  if (cluster === undefined) throw new Error(`There is no cluster "${name}": start it with npm run cluster:up -- --name ${name}`);
  built = await ensureImages(() => undefined);
  pushed = await pushImages(built, cluster, () => undefined);
  files = { control: await listFiles(built.control.layout), runtime: await listFiles(built.runtime.layout) };
  kubectl = new Kubectl({ kubectl: cluster.binaries.kubectl, helm: cluster.binaries.helm, kubeconfig: cluster.kubeconfig, context: cluster.context });
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await kubectl.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } }));
  await serviceAccount();
}, 300_000);
afterAll(async () => {
  await kubectl.run(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']);
});

/** Pods are refused until the namespace has its account. */
async function serviceAccount(): Promise<void> {
  await kubectl.run(['-n', NAMESPACE, 'wait', '--for=create', 'serviceaccount/default', '--timeout=20s']);
}

function paths(name: ImageName): string[] {
  return files[name].map((file) => file.path);
}

function packagesOf(name: ImageName): string[] {
  return [
    ...new Set(
      paths(name).flatMap((path) => /^\/app\/(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/@]+)\/package\.json$/.exec(path)?.[1] ?? []),
    ),
  ];
}

describe.each(IMAGE_NAMES)('%s', (name) => {
  test('runs as a number, from an entry point without a shell, with telemetry off', () => {
    const { user, entrypoint, env, workingDir, os, labels } = readConfig(built[name].layout);
    expect(user).toBe('65532:65532');
    expect(entrypoint).toEqual(['/usr/local/bin/node', `/app/dist/${name === 'control' ? 'operator' : 'runtime'}/main.js`]);
    expect(paths(name)).toEqual(expect.arrayContaining([...entrypoint]));
    expect(env.get('ORT_DISABLE_TELEMETRY')).toBe('1');
    expect(env.get('NODE_ENV')).toBe('production');
    expect([workingDir, os]).toEqual(['/app', 'linux']);
    const version: unknown = JSON.parse(readFileSync('package.json', 'utf8')).version;
    expect(labels).toMatchObject({ 'org.opencontainers.image.licenses': 'Apache-2.0', 'org.opencontainers.image.version': version });
  });

  test('has no shell and no package manager', () => {
    const programs = files[name].filter(({ mode }) => !mode.startsWith('d')).map(({ path }) => path.split('/').at(-1) ?? '');
    const unwanted = /^(ba|da|a|z|k)?sh$|^(busybox|env|apt|apt-get|dpkg|perl|python.*|npm|npx|curl|wget)$/;
    expect(programs.filter((program) => unwanted.test(program))).toEqual([]);
    expect(files[name].filter(({ path, mode }) => mode.startsWith('-') && /^\/(usr\/)?s?bin\//.test(path))).toEqual([]);
  });

  test('everybody may read everything, nobody but root may write, nothing is setuid', () => {
    const bad = files[name].filter(({ path, mode }) => {
      if (mode.startsWith('l') || path === '/tmp') return false;
      const closed = mode[7] !== 'r' || (mode.startsWith('d') && mode[9] !== 'x');
      return closed || mode[5] === 'w' || mode[8] === 'w' || /[sS]/.test(mode.slice(1));
    });
    expect(bad).toEqual([]);
  });

  test('has packages of production only, without declarations, maps and tests', () => {
    const lock: Record<string, { dev?: boolean }> = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
    const packages = packagesOf(name);
    expect(packages.length).toBeGreaterThan(20);
    expect(packages.filter((path) => lock[path] === undefined || lock[path].dev === true)).toEqual([]);
    expect(paths(name).filter((path) => path.startsWith('/app/') && /\.(ts|map|md|test\.js)$/i.test(path) && !/licen[cs]e/i.test(path))).toEqual([]);
  });

  test('tells nothing of the machine that built it', () => {
    expect(paths(name).filter((path) => /^\/etc\/(hostname|resolv\.conf|apt|hosts)(\/|$)/.test(path))).toEqual([]);
  });

  test('can load every package that its code imports', async () => {
    const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(readFileSync('package.json', 'utf8'));
    const roots = Object.keys(dependencies).filter((root) => packagesOf(name).includes(`node_modules/${root}`));
    expect(roots).toEqual(expect.arrayContaining(['@grpc/grpc-js', 'winston']));
    const script = `const bad = [];
      for (const name of ${JSON.stringify(roots)}) await import(name).catch((error) => bad.push(name + ': ' + error.message));
      console.log(JSON.stringify(bad));`;
    const command = ['/usr/local/bin/node', '--input-type=module', '--eval', script];
    const { exitCode, log } = await runToEnd(kubectl, NAMESPACE, { name: `load-${name}`, image: pushed[name].reference, command });
    expect([exitCode, log.trim()]).toEqual([0, '[]']);
  }, 60_000);
});

describe('sizes', () => {
  test('stay what the README says', () => {
    const size = (name: ImageName): number => files[name].reduce((sum, file) => sum + file.bytes, 0);
    for (const name of IMAGE_NAMES) {
      console.log(
        `${name}: ${(built[name].compressedBytes / MEGABYTE).toFixed(0)} MB compressed, ${(size(name) / MEGABYTE).toFixed(0)} MB unpacked, ${files[name].length} files`,
      );
    }
    expect(built.control.compressedBytes).toBeLessThan(65 * MEGABYTE);
    expect(built.runtime.compressedBytes).toBeLessThan(85 * MEGABYTE);
  });

  test('base and Node are the same two layers in both', () => {
    const layers = (name: ImageName): string[] => readManifest(built[name].layout).layers.map(({ digest }) => digest);
    expect(layers('control').slice(0, 2)).toEqual(layers('runtime').slice(0, 2));
    expect(new Set([...layers('control'), ...layers('runtime')]).size).toBe(6);
  });
});

describe('contents', () => {
  test('control has no ONNX Runtime', () => {
    expect(paths('control').filter((path) => /onnxruntime-node|\.node$|libonnxruntime/.test(path))).toEqual([]);
  });

  test('runtime has the binaries of its platform only, and no Kubernetes client', () => {
    const binaries = paths('runtime').filter((path) => /\.(node|so(\.\d+)*|dll|dylib)$/.test(path) && path.startsWith('/app/'));
    const folder = `/app/node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}`;
    expect(binaries.sort()).toEqual([`${folder}/libonnxruntime.so.1`, `${folder}/onnxruntime_binding.node`]);
    expect(paths('runtime').filter((path) => path.includes('@kubernetes') || path.startsWith('/app/dist/operator'))).toEqual([]);
  });

  test('the same sources build the same images, at once', async () => {
    const notes: string[] = [];
    const seconds: number[] = [];
    for (let time = 0; time < 3; time++) {
      const start = performance.now();
      expect(await ensureImages((line) => notes.push(line))).toEqual(built);
      seconds.push((performance.now() - start) / 1000);
    }
    expect(notes.filter((line) => line.includes('building'))).toEqual([]);
    expect(Math.min(...seconds)).toBeLessThan(2); // the quickest: other work on this machine is not the images' fault
  });
});

describe('as pods under the restricted standard, as any user', () => {
  test('runtime serves a model', async () => {
    const binaryData = { 'mlp.onnx': Buffer.from(makeMlpModel()).toString('base64') };
    await kubectl.run(['create', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'model', namespace: NAMESPACE }, binaryData }),
    });
    const pod = renderPod(NAMESPACE, {
      name: 'serve',
      image: pushed.runtime.reference,
      args: ['serve', '/models/mlp.onnx', '--drain-delay', '0'],
      more: {
        volumeMounts: [{ name: 'model', mountPath: '/models', readOnly: true }],
        readinessProbe: { httpGet: { path: '/readyz', port: 8002 }, periodSeconds: 1 },
      },
      volumes: [{ name: 'model', configMap: { name: 'model' } }],
    });
    await kubectl.apply(JSON.stringify(pod));
    await kubectl.run(['-n', NAMESPACE, 'wait', '--for=condition=Ready', 'pod/serve', '--timeout=60s']);
    const statusz: { models: { name: string; state: string }[] } = JSON.parse(
      await kubectl.run(['get', '--raw', `/api/v1/namespaces/${NAMESPACE}/pods/serve:8002/proxy/statusz`]),
    );
    expect(statusz.models).toMatchObject([{ name: 'mlp', state: 'Ready', provider: 'cpu' }]);
  }, 90_000);

  test('fetch with bad usage ends with 2 and says what is missing', async () => {
    const { exitCode, message } = await runToEnd(kubectl, NAMESPACE, { name: 'fetch', image: pushed.runtime.reference, args: ['fetch'] });
    expect(exitCode).toBe(2);
    expect(parseTermination(message)).toMatchObject({ code: 'USAGE', message: expect.stringContaining('--uri') });
  }, 60_000);

  test('no command is usage too', async () => {
    const { exitCode, log } = await runToEnd(kubectl, NAMESPACE, { name: 'nothing', image: pushed.runtime.reference });
    expect([exitCode, log]).toEqual([2, expect.stringContaining('give resolve, fetch, serve')]);
  }, 60_000);

  test('control has the commands for people', async () => {
    const command = ['/usr/local/bin/node', '/app/dist/cli/main.js', 'version'];
    const { exitCode, log } = await runToEnd(kubectl, NAMESPACE, { name: 'version', image: pushed.control.reference, command });
    expect([exitCode, log.trim()]).toEqual([0, JSON.parse(readFileSync('package.json', 'utf8')).version]);
  }, 60_000);
});
