/** Load from inside the cluster: a pod that calls the model by its Service's name, as a user's would. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type LoadReport, parseLoadReport } from './load-report.js';
import type { World } from './world.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const SCRIPTS = ['load-client.js', 'load-report.js', 'upright-client.js'];
/** Where these scripts would lie if the image had them: what they import from there is in it. */
const FOLDER = '/app/dist/test/e2e';
/** Files of a ConfigMap are links into a hidden folder: imports go from where the links lie. */
const KEEP_PATHS = ['--preserve-symlinks', '--preserve-symlinks-main'];

export class Load {
  private constructor(
    private readonly world: World,
    private readonly name: string,
  ) {}

  /** Resolves when calls are being answered. */
  static async start(world: World, model: string, callers = 4): Promise<Load> {
    const load = new Load(world, `load-${model}`);
    await world.kubectl.apply(JSON.stringify(load.#manifest(model, callers)));
    for (const until = Date.now() + 60_000; ; await sleep(250)) {
      const report = await load.#read();
      if ((report?.succeeded ?? 0) > 0) return load;
      if (Date.now() > until) throw new Error(`No call of pod ${load.name} on "${model}" was answered: ${JSON.stringify(report)}`);
    }
  }

  /** Ends the load; what was counted up to a second ago counts. */
  async stop(): Promise<LoadReport> {
    await sleep(1100);
    const report = await this.#read();
    await this.world.kubectl.run(['-n', this.world.namespace, 'delete', `pod/${this.name}`, `configmap/${this.name}`, '--now']);
    if (report === undefined) throw new Error(`Pod ${this.name} printed no report`);
    return report;
  }

  async #read(): Promise<LoadReport | undefined> {
    const logs = await this.world.kubectl.runAny(['-n', this.world.namespace, 'logs', this.name, '--tail=1']);
    return logs.code === 0 && logs.stdout.trim() !== '' ? parseLoadReport(logs.stdout) : undefined;
  }

  #manifest(model: string, callers: number): object {
    const metadata = { name: this.name, namespace: this.world.namespace };
    const container = {
      name: 'load',
      image: this.world.runtimeImage,
      command: ['/usr/local/bin/node', ...KEEP_PATHS, `${FOLDER}/load-client.js`],
      args: [`${model}.${this.world.namespace}.svc:8001`, model, String(callers)],
      volumeMounts: [{ name: 'scripts', mountPath: FOLDER }],
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    };
    const spec = {
      restartPolicy: 'Never',
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [container],
      volumes: [{ name: 'scripts', configMap: { name: this.name } }],
    };
    const data = Object.fromEntries(SCRIPTS.map((script) => [script, readFileSync(join(HERE, script), 'utf8')]));
    return {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata, data },
        { apiVersion: 'v1', kind: 'Pod', metadata, spec },
      ],
    };
  }
}
