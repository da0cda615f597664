import { expect, test } from '@jest/globals';
import { parseStageEnvironment, readImageEnvironment } from './image-environment.js';

test('a stage has its own variables', () => {
  const text =
    'FROM a AS node\nENV A=1\nFROM node AS runtime\n# ENV C=3\nENV B=x.y=2:z=3 \\\n    NODE_OPTIONS=--flag=8\nCOPY a b\nFROM node AS other\nENV D=4\n';
  expect(parseStageEnvironment(text, 'runtime')).toEqual({ B: 'x.y=2:z=3', NODE_OPTIONS: '--flag=8' });
  expect(() => parseStageEnvironment(text, 'none')).toThrow('The stage "none" of images/Containerfile sets no variable');
});

test('the runtime image tunes memory', () => {
  expect(Object.keys(readImageEnvironment()).sort()).toEqual(['GLIBC_TUNABLES', 'MALLOC_MMAP_THRESHOLD_', 'MALLOC_TRIM_THRESHOLD_', 'NODE_OPTIONS']);
});
