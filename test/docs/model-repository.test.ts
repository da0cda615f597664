/** docs/guides/model-repository.md says of each field what the code's own table says, and its examples are read. */
import { describe, expect, test } from '@jest/globals';
import { CONFIG_KEYS, type KeyTreatment, PARAMETER_KEYS } from '../../runtime/config/config-keys.js';
import { readModelConfig } from '../../runtime/config/read-model-config.js';
import { parseServerFile } from '../../runtime/config/server-file.js';
import { parseText } from '../../runtime/config/text-parser.js';
import { readDocument } from './documents.js';
import { findRows } from './markdown.js';

const { prose, blocks } = readDocument('docs/guides/model-repository.md');
const row = (name: string, treatment: KeyTreatment): string[] => [`\`${name}\``, treatment.kind.toLowerCase(), treatment.why ?? ''];
const textOf = (language: string): string => blocks.find((block) => block.language === language)?.text ?? '';

describe('the guide to model repositories', () => {
  test('has a row for each field of config.pbtxt', () => {
    const fields = Object.entries(CONFIG_KEYS).flatMap(([type, keys]) =>
      Object.entries(keys).map(([key, treatment]: [string, KeyTreatment]) => row(`${type}.${key}`, treatment)),
    );
    expect(findRows(prose, '## Fields of config.pbtxt')).toEqual(fields);
  });
  test('has a row for each parameter', () => {
    expect(findRows(prose, '## Parameters of config.pbtxt')).toEqual([...PARAMETER_KEYS].map(([key, treatment]) => row(key, treatment)));
  });
  test('shows a config.pbtxt that acts whole', () => {
    const { name, settings, warnings } = readModelConfig(parseText(textOf('pbtxt'), 'config.pbtxt'));
    expect([name, warnings]).toEqual(['reader', []]);
    expect(settings).toMatchObject({ maxBatchRows: 8, maxDelaySeconds: 0.0005, versionPolicy: { kind: 'Latest', count: 2 }, intraOpThreads: 1 });
  });
  test('shows a config.yaml that is read', () => {
    const file = parseServerFile(textOf('yaml'), 'config.yaml', ['grpc-port', 'watch']);
    expect([file.path, [...file.flags], [...file.models.keys()]]).toEqual([
      'models',
      [
        ['grpc-port', '8001'],
        ['watch', 'true'],
      ],
      ['reader'],
    ]);
  });
});
