import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import type { GpuState } from './gpus.js';
import { accepts, nodeProblem } from './wait-ready.js';

const NONE: GpuState = { resource: '', product: '', devices: [] };
const TWO: GpuState = {
  resource: 'nvidia.com/gpu',
  product: 'NVIDIA-L4',
  devices: [
    { id: 'gpu-0', health: 'Healthy' },
    { id: 'gpu-1', health: 'Unhealthy' },
  ],
};
const STARTED = '2026-01-01T00:00:10Z';

test.each<[string, { facts: string; gpus?: GpuState; want: string | undefined }]>([
  ['no node yet', { facts: '', want: 'the node to be Ready' }],
  ['not Ready', { facts: 'False 2026-01-01T00:00:11Z 110', want: 'the node to be Ready' }],
  ['Ready, said before the kubelet was started again', { facts: 'True 2026-01-01T00:00:09Z 110', want: 'the node to be Ready' }],
  ['Ready', { facts: 'True 2026-01-01T00:00:10Z 110', want: undefined }],
  ['GPUs not advertised yet', { facts: 'True 2026-01-01T00:00:11Z ', gpus: TWO, want: '1 × nvidia.com/gpu on the node' }],
  ['a sick GPU not withdrawn yet', { facts: 'True 2026-01-01T00:00:11Z 2', gpus: TWO, want: '1 × nvidia.com/gpu on the node' }],
  ['the healthy GPUs', { facts: 'True 2026-01-01T00:00:11Z 1', gpus: TWO, want: undefined }],
])('%s', (_, { facts, gpus, want }) => {
  expect(nodeProblem(facts, gpus ?? NONE, STARTED)).toBe(want);
});

test('a port accepts while somebody listens', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('The server has no port'));
    });
  });
  expect(await accepts('127.0.0.1', port)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await accepts('127.0.0.1', port)).toBe(false);
});
