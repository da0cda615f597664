import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { IMAGES } from './components.js';
import { hashContent, type ImageContent, readImageContent } from './image-content.js';

describe('hashContent', () => {
  const content: ImageContent = { app: new Map([['a', { text: '1' }]]), packages: new Map([['node_modules/x', '1.0.0']]) };
  const hash = hashContent(content, ['base']);

  test('is the same for the same content, in whatever order it was found', () => {
    const two: ImageContent = {
      ...content,
      app: new Map([
        ['a', { text: '1' }],
        ['b', { text: '2' }],
      ]),
    };
    const turned: ImageContent = {
      ...content,
      app: new Map([
        ['b', { text: '2' }],
        ['a', { text: '1' }],
      ]),
    };
    expect(hashContent(two, [])).toBe(hashContent(turned, []));
    expect(hashContent({ ...content }, ['base'])).toBe(hash);
  });

  test.each<[string, ImageContent, string[]]>([
    ['a file', { ...content, app: new Map([['a', { text: '2' }]]) }, ['base']],
    ['a name', { ...content, app: new Map([['b', { text: '1' }]]) }, ['base']],
    ['a package', { ...content, packages: new Map([['node_modules/x', '1.0.1']]) }, ['base']],
    ['the base', content, ['other']],
  ])('changes with %s', (_name, changed, more) => {
    expect(hashContent(changed, more)).not.toBe(hash);
  });
});

describe.each(Object.values(IMAGES))('content of $name', (spec) => {
  const content = readImageContent(spec);
  const paths = [...content.app.keys()];

  test('has the manifest, the protos and the compiled code, and no test', () => {
    expect(paths).toEqual(expect.arrayContaining(['package.json', 'proto/inference.proto', 'dist/proto/load.js', 'dist/runtime/main.js']));
    expect(paths.filter((path) => !/\.(js|proto)$|^package\.json$/.test(path) || path.includes('.test.'))).toEqual([]);
    const manifest = content.app.get('package.json');
    expect(manifest !== undefined && 'text' in manifest ? JSON.parse(manifest.text) : undefined).toMatchObject({
      type: 'module',
      license: 'Apache-2.0',
    });
  });

  test('has no package of development, and ONNX Runtime only where models are served', () => {
    const lock: Record<string, { dev?: boolean }> = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
    expect([...content.packages.keys()].filter((path) => lock[path]?.dev === true)).toEqual([]);
    expect(content.packages.has('node_modules/onnxruntime-node')).toBe(spec.name === 'runtime');
    expect(content.packages.has('node_modules/@grpc/grpc-js')).toBe(true);
  });
});
