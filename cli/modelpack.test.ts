import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { pickModelLayer } from '../runtime/model/source/pick-layer.js';
import { makeModelPack } from './modelpack.js';

const file = { name: 'reader.onnx', digest: `sha256:${'a'.repeat(64)}`, bytes: 7 };

test('is the CNCF ModelPack of one raw weight', () => {
  const { config, manifest } = makeModelPack(file);
  const value: unknown = JSON.parse(manifest.content.toString());
  expect(value).toMatchObject({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.cncf.model.manifest.v1+json',
    config: { mediaType: 'application/vnd.cncf.model.config.v1+json', digest: config.digest, size: config.content.length },
    layers: [{ mediaType: 'application/vnd.cncf.model.weight.v1.raw', digest: file.digest, size: 7 }],
  });
  expect(JSON.parse(config.content.toString())).toEqual({
    descriptor: { name: 'reader' },
    config: { format: 'onnx' },
    modelfs: { type: 'layers', diffIds: [file.digest] },
  });
});

test('the fetcher takes what push makes', () => {
  expect(pickModelLayer(makeModelPack(file).manifest.content, 'r/reader:1')).toMatchObject({ digest: file.digest, size: 7, title: 'reader.onnx' });
});

test('the same file under the same name has the same digest, which is that of its bytes', () => {
  const { manifest } = makeModelPack(file);
  expect(makeModelPack({ ...file }).manifest.digest).toBe(manifest.digest);
  expect(makeModelPack({ ...file, name: 'other.onnx' }).manifest.digest).not.toBe(manifest.digest);
  expect(manifest.digest).toBe(`sha256:${createHash('sha256').update(manifest.content).digest('hex')}`);
});
