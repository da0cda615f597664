import { describe, expect, test } from '@jest/globals';
import { parseModelUri } from './model-uri.js';

describe('s3://', () => {
  test.each<[string, string, string]>([
    ['s3://models', 'models', ''],
    ['s3://models/', 'models', ''],
    ['s3://my.models-1/reader/net.onnx', 'my.models-1', 'reader/net.onnx'],
    ['s3://models/a+b=(c)!*-_.1/', 'models', 'a+b=(c)!*-_.1'],
  ])('%s', (uri, bucket, path) => expect(parseModelUri(uri)).toEqual({ scheme: 's3', bucket, path }));

  test.each(['s3://', 's3:///reader', 's3://Models/reader', 's3://models/../x', 's3://models//x', 's3://models/x?versionId=1', 's3://models/a b'])(
    'refuses %s',
    (uri) => expect(() => parseModelUri(uri)).toThrow(`must have the form s3://bucket[/key or prefix], and is "`),
  );

  test('does not print what may be keys', () => {
    expect(() => parseModelUri('s3://AKID:hunter2@models/reader')).toThrow('without a user name or password in it');
    expect(() => parseModelUri('s3://AKID:hunter2@models/reader')).not.toThrow('hunter2');
  });
});
