/** `node dist/test/bench/hot-path/run.js [models]`: passes a second over models at rest, and what their objects weigh. */
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SYSTEM_CLOCK } from '../../../lib/clock.js';
import { SILENT_LOGGER } from '../../../lib/logger.js';
import { ModelDeploymentController } from '../../../operator/controller/reconcile.js';
import type { KubeObject, Writer } from '../../../operator/ports.js';
import { type FilledCaches, fillCaches, IMAGE, modelName, NAMESPACE } from './world.js';

const MODELS = 5000;
const ROUNDS = 5;
const MB = 1024 * 1024;

/** At rest nothing is written: a write means that the figures are of something else. */
class NoWriter implements Writer {
  apply(_resource: unknown, object: KubeObject): Promise<KubeObject> {
    throw new Error(`${object.kind} "${object.metadata.name}" was to be written`);
  }

  create(_resource: unknown, object: KubeObject): Promise<KubeObject> {
    return this.apply(_resource, object);
  }

  delete(): Promise<void> {
    throw new Error('Something was to be deleted');
  }

  confirm(): Promise<void> {
    throw new Error('Something was to be confirmed before a write');
  }

  applyStatus(_resource: unknown, object: KubeObject): Promise<KubeObject> {
    throw new Error(`The status of "${object.metadata.name}" was to be written: ${JSON.stringify(object['status'])}`);
  }
}

function newController(caches: FilledCaches): ModelDeploymentController {
  return new ModelDeploymentController({
    caches,
    writer: new NoWriter(),
    recorder: { event: () => undefined },
    probe: { statusz: async () => undefined },
    clock: SYSTEM_CLOCK,
    config: { runtimeImage: IMAGE, imagePullSecrets: [], caConfigMap: undefined, plainHttpHosts: [], hubEndpoint: undefined, proxy: {} },
    log: SILENT_LOGGER,
  });
}

function newCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return () => {
    if (typeof collect === 'function') for (let time = 0; time < 3; time++) collect();
  };
}

async function passOverAll(controller: ModelDeploymentController, models: number): Promise<number> {
  const { signal } = new AbortController();
  const start = process.cpuUsage();
  for (let index = 0; index < models; index++) {
    const result = await controller.reconcile({ namespace: NAMESPACE, name: modelName(index) }, signal);
    if (result.kind !== 'Done') throw new Error(`${modelName(index)} is not at rest: ${JSON.stringify(result)}`);
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

async function main(models: number): Promise<void> {
  const collect = newCollector();
  collect();
  const empty = process.memoryUsage();
  const caches = fillCaches(models);
  const peak = process.memoryUsage();
  collect();
  const filled = process.memoryUsage();
  console.log(
    `${models} models, ${2 * models} pods in the caches: heap ${mb(filled.heapUsed - empty.heapUsed)} MB, RSS ${mb(filled.rss)} MB (${mb(peak.rss)} MB while they were read)`,
  );
  const controller = newController(caches);
  for (let round = 1; round <= ROUNDS; round++) {
    const seconds = await passOverAll(controller, models);
    console.log(`round ${round}: ${(models / seconds).toFixed(0)} passes a second of CPU, ${((seconds / models) * 1e6).toFixed(0)} µs each`);
  }
  collect();
  const after = process.memoryUsage();
  console.log(`after ${ROUNDS} passes of each: heap ${mb(after.heapUsed - empty.heapUsed)} MB, RSS ${mb(after.rss)} MB`);
}

const mb = (bytes: number): string => (bytes / MB).toFixed(0);

await main(Number(process.argv[2] ?? MODELS));
