import { expect, test } from '@jest/globals';
import { InferenceStatistics } from './dataplane/inference-statistics.js';
import { LoadMonitor, type UsageNow } from './load-monitor.js';

const RUN = { inputSeconds: 0, inferenceSeconds: 0, outputSeconds: 0 };

test('a reading covers the time since the last, and those within a second share it', () => {
  let seconds = 100;
  let readings = 0;
  let usage: UsageNow = { cpuSeconds: 7, residentBytes: 256 };
  let statistics = new InferenceStatistics();
  const succeed = (times: number) => Array.from({ length: times }, () => statistics.addSuccess(0, { rows: 1, queueSeconds: 0, run: RUN }));
  const monitor = new LoadMonitor({
    cpus: 2,
    memoryBytes: 1024,
    nowSeconds: () => seconds,
    readUsage: () => {
      readings += 1;
      return usage;
    },
    readReports: () => [{ name: 'm', version: '1', statistics, waiting: 0, depth: 0, isReady: true }],
  });
  expect(monitor.read()).toMatchObject({ cpuUtilization: 0, memoryUtilization: 0.25, requestsPerSecond: 0 });
  succeed(8);
  statistics.addFailure(0, 'RESOURCE_EXHAUSTED', false);
  statistics.addFailure(0, 'INVALID_ARGUMENT', false);
  seconds = 102;
  usage = { cpuSeconds: 9, residentBytes: 512 };
  const want = { cpuUtilization: 0.5, memoryUtilization: 0.5, residentBytes: 512, requestsPerSecond: 5, errorsPerSecond: 0.5 };
  expect(monitor.read()).toEqual(want);
  succeed(10);
  seconds = 102.9;
  usage = { cpuSeconds: 10, residentBytes: 900 };
  expect(monitor.read()).toEqual(want);
  expect(readings).toBe(2); // it costs too much for every request
  statistics = new InferenceStatistics(); // loaded anew: the counters begin again
  seconds = 104;
  usage = { cpuSeconds: 10, residentBytes: 512 };
  expect(monitor.read()).toMatchObject({ cpuUtilization: 0.25, requestsPerSecond: 0 });
});
