/** docs/spec/modeldeployment.md says what the CRD and the reasons in the code say: nothing less, and nothing more. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { isObject, parseCrd } from '../../hack/crd-schema.js';
import { CONDITION_TYPES, REASONS, type ReasonInfo } from '../../operator/api/reasons.js';
import { readDocument } from './documents.js';
import { findRows, sectionOf } from './markdown.js';
import { listFields, listRefusals } from './schema-fields.js';

const CRD_FILE = 'crds/modeldeployments.slipway.dev.yaml';
const crd = readFileSync(CRD_FILE, 'utf8');
const { schema } = parseCrd(crd, CRD_FILE);
const { prose } = readDocument('docs/spec/modeldeployment.md');
const reasons: Readonly<Record<string, ReasonInfo>> = REASONS;

describe('the spec page', () => {
  test.each([
    ['spec', '## Spec'],
    ['status', '## Status'],
  ])('has a row for every field of %s, and for no other', (root, heading) => {
    const want = listFields(schema).map(({ path }) => path);
    expect(names(heading)).toEqual(want.filter((path) => path.startsWith(`${root}.`)));
  });

  test('names the default of every field that has one', () => {
    const rows = new Map(findRows(prose, '## Spec').map(([name, , value]) => [uncode(name), uncode(value).replaceAll('"', '')]));
    for (const { path, schema: field } of listFields(schema).filter((each) => each.path.startsWith('spec.'))) {
      if (field['default'] !== undefined) expect([path, rows.get(path)]).toEqual([path, String(field['default']) || 'empty']);
    }
  });

  test('quotes every refusal', () => {
    const section = sectionOf(prose, '## Refused at admission');
    expect(listRefusals(schema).filter((text) => !section.includes(text))).toEqual([]);
  });

  test('has every condition type', () => {
    expect(names('## Conditions')).toEqual([...CONDITION_TYPES]);
  });

  test('has every reason once, with the conditions that carry it, and no other', () => {
    const rows = findRows(prose, '## Reasons').map(([name, types]) => [uncode(name), types]);
    const want = Object.entries(reasons).map(([name, { types }]) => [name, types.join(', ') || '–']);
    expect(rows.sort()).toEqual(want.sort());
  });

  test('says of every reason what it means, and of every blocker what to do', () => {
    for (const [name, , meaning = '', remedy = ''] of findRows(prose, '## Reasons')) {
      expect([name, meaning]).not.toEqual([name, '']);
      if (reasons[uncode(name)]?.layer !== undefined) expect([name, remedy.length > 1]).toEqual([name, true]);
    }
  });

  test('names no Event that cannot be told', () => {
    expect(names('## Events').filter((name) => reasons[name] === undefined)).toEqual([]);
  });

  test('has every column of kubectl get', () => {
    expect(findRows(prose, '## Columns').map(([name]) => name)).toEqual(readColumns());
  });
});

test('each failure has its section in troubleshooting, headed by its reason', () => {
  const { prose: page } = readDocument('docs/troubleshooting.md');
  const headed = page.split('\n').flatMap((line) => /^### ([^:]+):/.exec(line)?.[1]?.split(', ') ?? []);
  expect(headed.filter((name) => reasons[name] === undefined)).toEqual([]);
  const failures = Object.entries(reasons).flatMap(([name, { layer }]) => (layer === undefined ? [] : [name]));
  expect(failures.filter((name) => !headed.includes(name))).toEqual([]);
});

function names(heading: string): string[] {
  return findRows(prose, heading).map(([name]) => uncode(name));
}

function uncode(cell = ''): string {
  return cell.replaceAll('`', '');
}

/** Names of the printer columns; those of `-o wide` say so. */
function readColumns(): string[] {
  const root: unknown = parse(crd);
  const spec = isObject(root) ? root['spec'] : undefined;
  const versions = isObject(spec) && Array.isArray(spec['versions']) ? spec['versions'] : [];
  return versions.flatMap((version: unknown) => {
    const columns = isObject(version) && Array.isArray(version['additionalPrinterColumns']) ? version['additionalPrinterColumns'] : [];
    return columns.filter(isObject).map(({ name, priority }) => `${String(name)}${Number(priority ?? 0) > 0 ? ' (wide)' : ''}`);
  });
}
