/** What every pod of the fake nodes answers on /statusz: they all have this responder's address. */
import { createServer, type Server } from 'node:http';
import { HTTP_PATHS } from '../../../contract/paths.js';
import { PORTS } from '../../../contract/ports.js';
import type { Statusz } from '../../../contract/statusz.js';
import { MODEL } from './replay.js';

const TENSOR = { datatype: 'FP32', shape: [-1, 3] } as const;
const REPORT: Statusz = {
  ...{ version: '0.1.0', onnxruntime: '1.30.0', threads: 2, instances: 1 },
  models: [
    {
      ...{ name: MODEL, version: '1', state: 'Ready', reason: '', format: 'onnx', provider: 'cpu' },
      ...{ contentDigest: `sha256:${'c'.repeat(64)}`, bytes: 1234, verifiedAt: '2026-01-01T00:00:00.000Z' },
      signature: { inputs: [{ name: 'x', ...TENSOR }], outputs: [{ name: 'y', ...TENSOR }] },
      seconds: { download: 1.5, load: 0.2, warmup: 0.1 },
    },
  ],
};

export class StatuszResponder {
  private constructor(readonly server: Server) {}

  static async start(address: string): Promise<StatuszResponder> {
    const server = createServer(({ url }, response) => {
      const isKnown = url === HTTP_PATHS.status;
      response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' }).end(isKnown ? JSON.stringify(REPORT) : '');
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(PORTS.metrics, address, resolve);
    });
    return new StatuszResponder(server);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
