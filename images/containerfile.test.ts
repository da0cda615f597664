import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readStages } from './containerfile.js';

test('ONNX Runtime sends no usage data from any image: the variable is there before any code is', () => {
  const stages = readStages(readFileSync('images/Containerfile', 'utf8'));
  expect([...stages.keys()]).toEqual(['node', 'control', 'runtime']);
  expect(stages.get('node')?.body).toMatch(/^ENV .*\bORT_DISABLE_TELEMETRY=1\b/m);
  for (const name of ['control', 'runtime']) {
    expect(stages.get(name)?.from).toBe('node');
    expect(stages.get(name)?.body).not.toContain('ORT_DISABLE_TELEMETRY'); // nor taken back
  }
});
