import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** Stage → what it begins with and what it sets. */
function readStages(text: string): Map<string, { readonly from: string; readonly body: string }> {
  const stages = text.split(/^(?=FROM )/m).slice(1);
  return new Map(
    stages.map((stage) => {
      const { from = '', name = '' } = /^FROM (?<from>\S+) AS (?<name>\S+)/.exec(stage)?.groups ?? {};
      return [name, { from, body: stage.replaceAll(/\\\n\s*/g, '') }];
    }),
  );
}

test('ONNX Runtime sends no usage data from any image: the variable is there before any code is', () => {
  const stages = readStages(readFileSync('images/Containerfile', 'utf8'));
  expect([...stages.keys()]).toEqual(['node', 'control', 'runtime']);
  expect(stages.get('node')?.body).toMatch(/^ENV .*\bORT_DISABLE_TELEMETRY=1\b/m);
  for (const name of ['control', 'runtime']) {
    expect(stages.get(name)?.from).toBe('node');
    expect(stages.get(name)?.body).not.toContain('ORT_DISABLE_TELEMETRY'); // nor taken back
  }
});
