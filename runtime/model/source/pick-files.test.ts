import { describe, expect, test } from '@jest/globals';
import { type Listing, pickFiles } from './pick-files.js';

const files = (...paths: string[]) => paths.map((path) => ({ path }));
const pick = (listing: Partial<Listing<{ path: string }>>) =>
  pickFiles({ name: 'The folder', files: [], scope: 'Folder', ...listing }).map(({ file, name, path }) => [file.path, name, path]);

describe('which files are the model', () => {
  test('one .onnx file is served as model.onnx; what lies in its folder goes along, the model last', () => {
    const listed = files('README.md', 'onnx/net.onnx', 'onnx/weights.bin', 'onnx/parts/a.bin', 'torch.bin');
    expect(pick({ files: listed })).toEqual([
      ['onnx/weights.bin', 'weights.bin', 'weights.bin'],
      ['onnx/parts/a.bin', 'parts/a.bin', 'parts/a.bin'],
      ['onnx/net.onnx', 'net.onnx', 'model.onnx'],
    ]);
  });

  test('where other things lie too, only what is called as the model goes along', () => {
    const listed = files('net.onnx', 'net.onnx_data', 'net.onnx.data', 'net_fp16.onnx_data', 'torch.bin', 'net.onnx.d/x');
    expect(pick({ files: listed, scope: 'Names' }).map(([path]) => path)).toEqual(['net.onnx_data', 'net.onnx.data', 'net.onnx']);
  });

  test('the uri may name one of several', () => {
    const listed = files('onnx/a.onnx', 'onnx/b.onnx', 'onnx/b.onnx_data');
    expect(pick({ files: listed, scope: 'Names', wanted: 'onnx/b.onnx' }).map(([path]) => path)).toEqual(['onnx/b.onnx_data', 'onnx/b.onnx']);
  });

  test("names with a dot in front, and macOS's copies, are not the model's", () => {
    expect(pick({ files: files('.gitattributes', 'm/._net.onnx', 'm/net.onnx', '__MACOSX/m/net.onnx') }).map(([path]) => path)).toEqual([
      'm/net.onnx',
    ]);
  });

  test.each<[string, Partial<Listing<{ path: string }>>, RegExp]>([
    ['none', { files: files('torch.bin') }, /^The folder has no \.onnx file/],
    ['none of that name', { files: files('a.onnx'), wanted: 'b.onnx' }, /has no file "b\.onnx": correct the path/],
    ['several', { files: files('b.onnx', 'a.onnx') }, /has 2 \.onnx files \(a\.onnx, b\.onnx\): name one of them/],
    ['a way out', { files: files('net.onnx', '../passwd') }, /has a file "\.\.\/passwd" that leads out of the model's folder/],
    ['an absolute path', { files: files('net.onnx', '/etc/passwd') }, /is an absolute path/],
    ['a line break', { files: files('net.onnx', 'a\nb') }, /control character/],
    ['our own record', { files: files('net.onnx', 'slipway.json') }, /"slipway\.json" that has a name that Slipway gives/],
    ['too many', { files: files('net.onnx', ...Array.from({ length: 1000 }, (_, index) => `w${index}`)) }, /more than 1000 files beside "net\.onnx"/],
  ])('refuses %s', (_name, listing, text) => expect(() => pick(listing)).toThrow(text));
});
