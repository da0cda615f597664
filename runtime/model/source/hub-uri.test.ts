import { describe, expect, test } from '@jest/globals';
import { parseModelUri } from './model-uri.js';

describe('hf://', () => {
  test.each<[string, object]>([
    ['hf://acme/reader', { repository: 'acme/reader', path: '', revision: 'main' }],
    ['hf://acme/reader@v1.0', { repository: 'acme/reader', path: '', revision: 'v1.0' }],
    ['hf://acme/reader/onnx/model.onnx', { repository: 'acme/reader', path: 'onnx/model.onnx', revision: 'main' }],
    ['hf://a.b-c/R_1/onnx@refs/pr/7', { repository: 'a.b-c/R_1', path: 'onnx', revision: 'refs/pr/7' }],
  ])('%s', (uri, want) => expect(parseModelUri(uri)).toEqual({ scheme: 'hf', ...want }));

  test.each([
    ['no model', 'hf://acme', /hf:\/\/owner\/model.* and is "hf:\/\/acme"$/],
    ['a way out', 'hf://acme/reader/../other', /form hf:\/\/owner\/model/],
    ['a dot in front', 'hf://acme/reader/.git/config', /form hf:\/\/owner\/model/],
    ['an empty part', 'hf://acme/reader//model.onnx', /form hf:\/\/owner\/model/],
    ['a query', 'hf://acme/reader/model.onnx?x=1', /form hf:\/\/owner\/model/],
    ['an empty revision', 'hf://acme/reader@', /form hf:\/\/owner\/model/],
    ['two revisions', 'hf://acme/reader@a@b', /form hf:\/\/owner\/model/],
  ])('refuses %s', (_name, uri, text) => expect(() => parseModelUri(uri)).toThrow(text));

  test.each(['hf://ann:hunter2@acme/reader', 'hf://hunter2@acme/reader', 'hf://ann:hunter2/@acme/reader', 'hf://acme/ann:hunter2@x'])(
    'does not print what may be a password: %s',
    (uri) => {
      expect(() => parseModelUri(uri)).toThrow('without a user name or password in it');
      expect(() => parseModelUri(uri)).not.toThrow('hunter2');
    },
  );
});
