/** What documents name exists: links, anchors, npm scripts, paths, and the fields of every ModelDeployment in them. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { missingPackages } from '../../cluster/packages.js';
import { isObject, parseCrd } from '../../hack/crd-schema.js';
import { type Document, readDocument, readDocuments, readSources, resolveFrom } from './documents.js';
import { findAnchors, findCode, findLinks, findRows } from './markdown.js';
import { findProblems } from './schema-fields.js';

const CRD_FILE = 'crds/modeldeployments.slipway.dev.yaml';
const { schema } = parseCrd(readFileSync(CRD_FILE, 'utf8'), CRD_FILE);
const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'));
const scripts = isObject(manifest) && isObject(manifest['scripts']) ? Object.keys(manifest['scripts']) : [];
const documents = readDocuments();

describe.each(documents.map((document) => [document.path, document] as const))('%s', (_path, document) => {
  test('every relative link leads somewhere', () => {
    expect(findLinks(document.prose).flatMap(({ text, line }) => brokenLink(document, text).map((why) => `line ${line}: ${why}`))).toEqual([]);
  });

  test('every npm script exists', () => {
    const text = [document.prose, ...document.blocks.map((block) => block.text)].join('\n');
    const named = [...text.matchAll(/npm run ([a-z][a-z:]*)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
  });

  test('every path in code exists', () => {
    const missing = [...findCode(document.prose), ...document.blocks.flatMap(wordsOf)].filter(
      ({ text }) => isPath(text) && !existsSync(text) && !existsSync(`${text}.ts`),
    );
    expect(missing).toEqual([]);
  });

  test('every ModelDeployment is one that the schema knows', () => {
    expect(document.blocks.filter((block) => block.language === 'yaml').flatMap(problemsOf)).toEqual([]);
  });
});

test('every value of the chart that the installation names exists', () => {
  const values: unknown = parse(readFileSync('charts/slipway/values.yaml', 'utf8'));
  const rows = findRows(readDocument('docs/guides/install.md').prose, '## Values that matter');
  const named = rows.flatMap(([cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''));
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((path) => !hasValue(values, path.split('.')))).toEqual([]);
});

test('every environment variable is read somewhere', () => {
  const text = documents.map(({ prose, blocks }) => [prose, ...blocks.map((block) => block.text)].join('\n')).join('\n');
  const named = [...new Set(text.match(/SLIPWAY_[A-Z_]+/g))].filter((name) => !name.endsWith('_'));
  const sources = readSources();
  expect(named.filter((name) => !sources.includes(name))).toEqual([]);
});

test('the README names every Debian package that is installed', () => {
  const packages = missingPackages(() => false);
  const named = /packages that are missing: ([^.]+)\./.exec(readDocument('README.md').prose.replaceAll(/\s+/g, ' '))?.[1]?.split(', ');
  expect(named).toEqual(packages);
});

test('each decision has its own number, its file name and its title', () => {
  const decisions = documents.filter((document) => document.path.startsWith('docs/adr/'));
  const numbers = decisions.map((document) => Number(/^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(document.path)?.[1]));
  expect(numbers).toEqual(decisions.map((_, index) => index + 1));
  for (const [index, { prose }] of decisions.entries()) {
    expect(prose).toMatch(new RegExp(`^# ${index + 1}\\. `));
    for (const part of ['**Context.**', '**Decision.**', '**Consequences.**']) expect(prose).toContain(part);
    expect(prose.split('\n').length).toBeLessThanOrEqual(41);
  }
});

/** `images.*.digest`: in any of the images. */
function hasValue(values: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return values !== undefined;
  if (!isObject(values)) return false;
  return first === '*' ? rest.length === 0 || Object.values(values).some((value) => hasValue(value, rest)) : hasValue(values[first], rest);
}

function brokenLink(document: Document, target: string): string[] {
  if (/^[a-z]+:/.test(target)) return [];
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? document.path : resolveFrom(document, path);
  if (!existsSync(file)) return [`"${target}" does not exist`];
  if (anchor === undefined) return [];
  return findAnchors(readDocument(file).prose).has(anchor) ? [] : [`"${file}" has no heading "#${anchor}"`];
}

/** Something below a folder of this repository, written without placeholders or wildcards. */
function isPath(text: string): boolean {
  return /^(\.?\/)?(charts|cli|cluster|contract|crds|docs|examples|hack|images|lib|operator|proto|runtime|test)\/[A-Za-z0-9_./-]*$/.test(text);
}

function wordsOf(block: Document['blocks'][number]): { text: string; line: number }[] {
  return block.text.split('\n').flatMap((line, index) => line.split(/[\s'"]+/).map((text) => ({ text, line: block.line + index + 1 })));
}

function problemsOf(block: Document['blocks'][number]): string[] {
  return parseAllDocuments(block.text).flatMap((parsed) => {
    const value: unknown = parsed.toJS();
    if (parsed.errors.length > 0) return [`line ${block.line}: ${parsed.errors[0]?.message}`];
    if (!isObject(value) || value['kind'] !== 'ModelDeployment') return [];
    if (value['apiVersion'] !== 'slipway.dev/v1alpha1') return [`line ${block.line}: apiVersion is ${String(value['apiVersion'])}`];
    return findProblems(schema, value, 'ModelDeployment').map((problem) => `line ${block.line}: ${problem}`);
  });
}
