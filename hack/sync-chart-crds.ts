/** The chart's copy of the CRD: Helm installs what lies in crds/ of a chart. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ANNOTATIONS } from '../contract/labels.js';
import { parseCrd } from './crd-schema.js';
import { CRD_FILE } from './gen-crd-types.js';

export const CHART_CRDS = join('charts', 'slipway', 'crds');

/** Paths are relative to the repository's root, the working directory. */
export function syncChartCrds(): void {
  mkdirSync(CHART_CRDS, { recursive: true });
  writeFileSync(join(CHART_CRDS, basename(CRD_FILE)), renderChartCrd(readFileSync(CRD_FILE, 'utf8')));
}

/**
 * The source with its hash stamped beside its revision, so that anybody can tell which schema a cluster has. As text, not as
 * parsed YAML: comments, quotes and anchors stay as they were written.
 */
export function renderChartCrd(source: string): string {
  const crd = parseCrd(source, CRD_FILE);
  const revision = new RegExp(`^( *)${ANNOTATIONS.schemaRevision}: .*$`, 'm');
  const body = source
    .replace(/^(#.*\n)+/, '')
    .replace(revision, (line, indent: string) => `${line}\n${indent}${ANNOTATIONS.schemaHash}: ${crd.schemaHash}`);
  return `# Generated from ${CRD_FILE} by \`npm run generate\`. Do not edit.\n${body}`;
}
