import { describe, expect, test } from '@jest/globals';
import { pickModelLayer } from './pick-layer.js';

const NAME = 'registry.local/models/reader:4';
const RAW = 'application/vnd.cncf.model.weight.v1.raw';
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

interface LayerInput {
  mediaType?: unknown;
  digest?: unknown;
  size?: unknown;
  title?: string;
  filepath?: string;
  unpack?: string;
}

function layer({ title, filepath, unpack, ...rest }: LayerInput = {}): object {
  const annotations = {
    ...(title === undefined ? {} : { 'org.opencontainers.image.title': title }),
    ...(filepath === undefined ? {} : { 'org.cncf.model.filepath': filepath }),
    ...(unpack === undefined ? {} : { 'io.deis.oras.content.unpack': unpack }),
  };
  return { mediaType: 'application/octet-stream', digest: digest('a'), size: 7, annotations, ...rest };
}

function pick(manifest: unknown) {
  return pickModelLayer(Buffer.from(typeof manifest === 'string' ? manifest : JSON.stringify(manifest)), NAME);
}

describe('served', () => {
  test.each<[string, object[], string]>([
    ['a ModelPack of one file', [layer({ mediaType: RAW, title: 'reader.onnx' })], 'a'],
    ['any single layer', [layer()], 'a'],
    ['a single layer without annotations', [{ mediaType: 'application/octet-stream', digest: digest('c'), size: 1 }], 'c'],
    ['a file as `oras push` sends it', [layer({ mediaType: 'application/vnd.oci.image.layer.v1.tar', title: 'reader.onnx' })], 'a'],
    ['the one .onnx among others', [layer({ title: 'README.md' }), layer({ digest: digest('b'), title: 'Reader.ONNX' })], 'b'],
    ['the one .onnx by ModelPack path', [layer({ filepath: 'doc.md' }), layer({ digest: digest('b'), filepath: 'reader.onnx' })], 'b'],
    [
      'the one weight of a ModelPack with a tokenizer',
      [layer({ mediaType: 'application/vnd.cncf.model.weight.config.v1.raw' }), layer({ mediaType: RAW, digest: digest('b') })],
      'b',
    ],
    ['weights under the draft name', [layer(), layer({ mediaType: 'application/vnd.cnai.model.weight.v1.raw', digest: digest('b') })], 'b'],
    ['the layer beside an empty one', [layer({ mediaType: 'application/vnd.oci.empty.v1+json', size: 2 }), layer({ digest: digest('b') })], 'b'],
  ])('%s', (_name, layers, want) => expect(pick({ layers }).digest).toBe(digest(want)));
  test('with what the download needs', () => {
    expect(pick({ layers: [layer({ mediaType: RAW, title: 'reader.onnx' })] })).toEqual({
      digest: digest('a'),
      size: 7,
      mediaType: RAW,
      title: 'reader.onnx',
    });
  });
});

describe('refused by name, with the way to push right', () => {
  test.each<[string, unknown, RegExp]>([
    ['an index', { mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] }, /is an image index \(several platforms\)/],
    ['a manifest list', { mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json' }, /is an image index/],
    ['an index that does not say so', { manifests: [] }, /is an image index/],
    ['no layers', { layers: [] }, /has no layer at all/],
    ['the empty layer alone', { layers: [layer({ mediaType: 'application/vnd.oci.empty.v1+json', size: 2 })] }, /has no layer at all/],
    ['a model of no bytes', { layers: [layer({ size: 0 })] }, /has a model of 0 bytes/],
    ['no list of layers', { config: {} }, /has a manifest without layers/],
    ['a layer that is no object', { layers: ['x'] }, /has a manifest with a layer that is not an object/],
    ['a layer without digest', { layers: [layer({ digest: 'md5:1' })] }, /has a layer without a sha256 digest or a size/],
    ['a layer of negative size', { layers: [layer({ size: -1 })] }, /has a layer without a sha256 digest or a size/],
    ['a layer of broken size', { layers: [layer({ size: 1.5 })] }, /has a layer without a sha256 digest or a size/],
    [
      'two models',
      { layers: [layer({ title: 'a.onnx' }), layer({ title: 'b.onnx' })] },
      /2 layers, more than one of which could be the model \(a\.onnx/,
    ],
    ['no model among many', { layers: Array.from({ length: 7 }, () => layer({ title: 'x.md' })) }, /7 layers, none of which is a model .*; 2 more\)/],
    [
      'a container image',
      { layers: [layer({ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' })] },
      /in an archive \(application\/vnd\.docker/,
    ],
    ['a compressed layer', { layers: [layer({ mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd', title: 'reader.onnx' })] }, /in an archive/],
    ['a folder as oras sends it', { layers: [layer({ title: 'reader.onnx', unpack: 'true' })] }, /in an archive/],
    ['no JSON', '<html>', /has a manifest that is not a JSON object/],
    ['a JSON list', '[]', /has a manifest that is not a JSON object/],
  ])('%s', (_name, manifest, want) => {
    expect(() => pick(manifest)).toThrow(expect.objectContaining({ code: 'ARTIFACT_INVALID', message: expect.stringMatching(want) }));
    expect(() => pick(manifest)).toThrow(`The artifact "${NAME}"`);
    expect(() => pick(manifest)).toThrow(`Push with: slipway push model.onnx oci://${NAME}`);
  });
  test('the way to push never names a digest', () => {
    expect(() => pickModelLayer(Buffer.from('{"layers":[]}'), `registry.local/reader@${digest('a')}`)).toThrow(/oci:\/\/registry\.local\/reader$/);
  });
});
