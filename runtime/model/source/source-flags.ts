/** Command lines of `slipway resolve` and `slipway fetch` (contract/commands.ts) become typed here. */
import { FLAGS } from '../../../contract/commands.js';
import { isCommit } from './hub-uri.js';
import { isDigest, type ModelUri, parseModelUri, pinnedDigest } from './model-uri.js';
import { SourceError } from './source-error.js';

export interface SourceFlags {
  readonly uriText: string;
  readonly uri: ModelUri;
  readonly digest?: string;
  /** What the source calls the wanted bytes for ever, as the resolver found it. */
  readonly sourceRevision?: string;
  readonly allowUnpinned: boolean;
  readonly dest?: string;
  readonly credentials?: string;
  readonly caBundle?: string;
  /** host or host:port entries that may be spoken to without TLS. */
  readonly plainHttp: readonly string[];
}

const VALUES = [FLAGS.uri, FLAGS.digest, FLAGS.sourceRevision, FLAGS.dest, FLAGS.credentials, FLAGS.caBundle, FLAGS.plainHttp] as const;
const SWITCHES = [FLAGS.allowUnpinned] as const;

export function parseSourceFlags(argv: readonly string[]): SourceFlags {
  const { values, switches } = collectFlags(argv);
  const uriText = values.get(FLAGS.uri);
  if (uriText === undefined) throw usage(`${FLAGS.uri} is missing: give the model's uri, such as ${FLAGS.uri} oci://registry/models/reader:4`);
  const pin = values.get(FLAGS.digest);
  if (pin !== undefined && !isDigest(pin)) throw usage(`${FLAGS.digest} "${pin}" must be sha256: followed by 64 lower-case hexadecimal digits`);
  const uri = parseModelUri(uriText);
  const digest = pinnedDigest(uri, pin);
  return {
    uriText,
    uri,
    allowUnpinned: switches.has(FLAGS.allowUnpinned),
    plainHttp: splitList(values.get(FLAGS.plainHttp)),
    ...optional('digest', digest),
    ...optional('sourceRevision', checkRevision(uri, values.get(FLAGS.sourceRevision))),
    ...optional('dest', values.get(FLAGS.dest)),
    ...optional('credentials', values.get(FLAGS.credentials)),
    ...optional('caBundle', values.get(FLAGS.caBundle)),
  };
}

function checkRevision(uri: ModelUri, revision: string | undefined): string | undefined {
  if (revision === undefined) return undefined;
  if (uri.scheme === 's3') return checkVersion(revision);
  if (uri.scheme !== 'hf') throw usage(`${FLAGS.sourceRevision} has no meaning for ${uri.scheme}:// : leave it out`);
  if (isCommit(revision)) return revision;
  throw usage(`${FLAGS.sourceRevision} "${revision}" must be a commit, 40 lower-case hexadecimal digits`);
}

function checkVersion(revision: string): string {
  if (/^[A-Za-z0-9._~+/=-]{1,1024}$/.test(revision)) return revision;
  throw usage(`${FLAGS.sourceRevision} must be the id of a version of the object, as S3 gives it`);
}

/** http and https say nothing about what they will answer tomorrow: a digest, or consent, is needed. */
export function checkPinned(flags: SourceFlags): void {
  if ((flags.uri.scheme !== 'http' && flags.uri.scheme !== 'https') || flags.digest !== undefined || flags.allowUnpinned) return;
  throw new SourceError(
    'UNPINNED',
    `What ${flags.uri.scheme}://${flags.uri.url.host} answers can change: give the file's digest (spec.model.digest, ${FLAGS.digest} sha256:…) or allow any (spec.model.allowUnpinned, ${FLAGS.allowUnpinned})`,
  );
}

function collectFlags(argv: readonly string[]): { values: Map<string, string>; switches: Set<string> } {
  const values = new Map<string, string>();
  const switches = new Set<string>();
  for (let index = 0; index < argv.length; index++) {
    const [name = '', inline] = splitOnce(argv[index] ?? '');
    if (SWITCHES.some((known) => known === name)) {
      if (inline !== undefined) throw usage(`${name} takes no value: give it, or leave it out`);
      switches.add(name);
    } else if (VALUES.some((known) => known === name)) {
      const value = inline ?? argv[++index];
      if (value === undefined || value === '') throw usage(`${name} needs a value`);
      if (values.has(name)) throw usage(`${name} is given twice`);
      values.set(name, value);
    } else {
      throw usage(`"${name}" is not known here: use ${[...VALUES, ...SWITCHES].join(', ')}`);
    }
  }
  return { values, switches };
}

function splitOnce(arg: string): [string, string | undefined] {
  const at = arg.startsWith('--') ? arg.indexOf('=') : -1;
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}

/** `Registry:5000, other` → `registry:5000`, `other`. */
export function splitList(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  const pair: Partial<Record<K, string>> = {};
  if (value !== undefined) pair[key] = value;
  return pair;
}

function usage(message: string): SourceError {
  return new SourceError('USAGE', message);
}
