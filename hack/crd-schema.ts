/** Reads the CRD's YAML and gives what is derived from it: the schema as JSON Schema, its revision and its hash. Pure. */
import { createHash } from 'node:crypto';
import { parse } from 'yaml';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Crd {
  readonly name: string;
  readonly group: string;
  readonly kind: string;
  readonly version: string;
  readonly schemaRevision: number;
  readonly schemaHash: string;
  readonly schema: JsonObject;
}

const REVISION_ANNOTATION = 'slipway.dev/schema-revision';

export function parseCrd(yaml: string, file: string): Crd {
  const root = asObject(parse(yaml), file);
  const metadata = asObject(root['metadata'], `${file}: metadata`);
  const annotations = asObject(metadata['annotations'], `${file}: metadata.annotations`);
  const spec = asObject(root['spec'], `${file}: spec`);
  const names = asObject(spec['names'], `${file}: spec.names`);
  const versions = spec['versions'];
  if (!Array.isArray(versions) || versions.length !== 1) throw new Error(`${file}: spec.versions must have exactly one version`);
  const version = asObject(versions[0], `${file}: spec.versions[0]`);
  const schema = asObject(version['schema'], `${file}: spec.versions[0].schema`);
  refuseNulls(versions, `${file}: spec.versions`);
  const schemaRevision = Number(annotations[REVISION_ANNOTATION]);
  if (!Number.isInteger(schemaRevision) || schemaRevision < 1) {
    throw new Error(`${file}: the annotation ${REVISION_ANNOTATION} must be a positive integer, got "${String(annotations[REVISION_ANNOTATION])}"`);
  }
  return {
    name: asString(metadata['name'], `${file}: metadata.name`),
    group: asString(spec['group'], `${file}: spec.group`),
    kind: asString(names['kind'], `${file}: spec.names.kind`),
    version: asString(version['name'], `${file}: spec.versions[0].name`),
    schemaRevision,
    schemaHash: hashVersions(versions),
    schema: asObject(schema['openAPIV3Schema'], `${file}: openAPIV3Schema`),
  };
}

/** SHA-256 of spec.versions as JSON with sorted keys and no spaces: the same for the file and for what the API server serves. */
export function hashVersions(versions: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(versions)).digest('hex')}`;
}

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A null is what an unquoted comma in a flow mapping leaves behind: half of a description becomes a key. */
function refuseNulls(value: unknown, where: string): void {
  if (value === null) throw new Error(`${where} is null: quote the text before it if it contains a comma`);
  if (typeof value !== 'object') return;
  for (const [key, field] of Object.entries(value)) refuseNulls(field, `${where}.${key}`);
}

function asObject(value: unknown, where: string): JsonObject {
  if (!isObject(value)) throw new Error(`${where} must be an object`);
  return value;
}

function asString(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${where} must be a string that is not empty`);
  return value;
}
