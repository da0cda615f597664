/** The API server itself is killed, and comes back after a minute: the operator lives through it. Only on a local cluster. */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { healSupervisor, readSupervisor } from '../../../cluster/supervisor.js';
import { DIGEST_A, DIGEST_B } from '../../builders/model-deployment.js';
import { clusterOfTests } from '../../contract/kube-world.js';
import { PRODUCTS } from './journeys.js';
import { findBroken } from './replay.js';
import { SweepRig } from './rig.js';
import { KubeUser } from './user.js';

const LIMIT_MS = 300_000;
const AWAY_MS = 60_000;
const URI = 'oci://registry.invalid/models/reader:1';

let rig: SweepRig;
beforeAll(async () => {
  rig = await SweepRig.open();
}, LIMIT_MS);
afterAll(() => rig.close(), LIMIT_MS);

test(
  'an API server that is killed and away for a minute costs neither the operator nor an object',
  async () => {
    const { local } = await clusterOfTests();
    if (local === undefined) return; // nobody kills the API server of a cluster that others use
    const namespace = await rig.enter();
    const user = new KubeUser(rig, namespace);
    const operator = rig.startOperator({ namespace, who: namespace });
    await user.create({ model: { uri: URI, digest: DIGEST_A }, replicas: 2, accelerator: { vendor: 'nvidia', products: [PRODUCTS[0]] } });
    await user.untilReady();
    const supervisor = readSupervisor(local);
    const pid = supervisor?.components.find(({ name }) => name === 'kube-apiserver')?.pid;
    if (supervisor === undefined || pid === undefined) throw new Error('The cluster has no kube-apiserver that could be killed');
    process.kill(pid, 'SIGKILL');
    await sleep(AWAY_MS);
    await healSupervisor(local, supervisor);
    const start = Date.now();
    while (
      !(await user.edit({ model: { uri: URI, digest: DIGEST_B } }).then(
        () => true,
        () => false,
      ))
    )
      await sleep(500);
    await user.untilReady();
    process.stdout.write(`  Ready with another model ${Date.now() - start} ms after the API server was started again\n`);
    expect(operator.isRunning).toBe(true);
    expect(findBroken(rig.recorder.history(namespace))).toEqual([]);
    await rig.leave(namespace);
  },
  LIMIT_MS,
);
