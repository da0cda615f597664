/** The forms of spec.model.uri, parsed once. The CRD refuses the same forms at admission; the CLI has only this. */
import { URI_SCHEMES } from '../../../contract/commands.js';
import { type BucketUri, parseBucketUri } from './bucket-uri.js';
import { type HubUri, parseHubUri } from './hub-uri.js';
import { redactText } from './redact.js';
import { SourceError } from './source-error.js';

export interface OciUri {
  readonly scheme: 'oci';
  /** host[:port] as written. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

export interface HttpUri {
  readonly scheme: 'http' | 'https';
  readonly url: URL;
}

export type ModelUri = OciUri | HttpUri | HubUri | BucketUri;

const DIGEST = /^sha256:[a-f0-9]{64}$/;
/** Of a repository's path: what OCI distribution allows between slashes, hence neither `..` nor `//`. */
const NAME = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const OCI = new RegExp(
  `^oci://([a-zA-Z0-9.-]+(?::[0-9]+)?)/(${NAME}(?:/${NAME})*)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$`,
);

/** Any other @ has a user name before it, whatever the slashes: that part must not be printed. */
const NO_USER = /^[^@]*(?:@sha[0-9]+:[^@/]*)?$/;

export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

export function parseModelUri(uri: string): ModelUri {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//.exec(uri)?.[1];
  if (scheme === 'oci') return parseOci(uri);
  if (scheme === 'http' || scheme === 'https') return parseHttp(scheme, uri);
  if (scheme === 'hf') return parseHubUri(uri);
  if (scheme === 's3') return parseBucketUri(uri);
  const schemes = URI_SCHEMES.map((known) => `${known}://`).join(', ');
  throw new SourceError('URI_INVALID', `The model uri "${redactText(uri).slice(0, 80)}" has an unknown scheme: use one of ${schemes}`);
}

function parseOci(uri: string): OciUri {
  if (!NO_USER.test(uri)) {
    throw new SourceError(
      'URI_INVALID',
      'The model uri must have the form oci://registry[:port]/repository[:tag][@sha256:<64 hex>] without a user name or password in it: put them into the Secret that spec.model.secretRef names',
    );
  }
  const [, registry, repository, tag, digest] = OCI.exec(uri) ?? [];
  if (registry === undefined || repository === undefined) {
    throw new SourceError(
      'URI_INVALID',
      `The model uri "${redactText(uri).slice(0, 200)}" must have the form oci://registry[:port]/repository[:tag][@sha256:<64 hex>], the repository in lower case`,
    );
  }
  return { scheme: 'oci', registry, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function parseHttp(scheme: 'http' | 'https', uri: string): HttpUri {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || url.hostname === '') {
    throw new SourceError('URI_INVALID', `The model uri "${redactText(uri).slice(0, 200)}" is not a URL: use ${scheme}://host[:port]/path`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new SourceError(
      'URI_INVALID',
      `The model uri for host "${url.host}" has a user name or a password in it: put them into the Secret that spec.model.secretRef names`,
    );
  }
  return { scheme, url };
}

/** The digest that the uri and the pin agree on, if either gives one. */
export function pinnedDigest(uri: ModelUri, pin: string | undefined): string | undefined {
  const own = uri.scheme === 'oci' ? uri.digest : undefined;
  if (own !== undefined && pin !== undefined && own !== pin) {
    throw new SourceError('URI_INVALID', `The model uri names the digest ${own} and the pin is ${pin}: remove one of them`);
  }
  return pin ?? own;
}

/** Host whose credentials are meant, and the name that error texts use. */
export function sourceHost(uri: ModelUri): string {
  if (uri.scheme === 'hf') return 'huggingface.co';
  if (uri.scheme === 's3') return uri.bucket;
  return uri.scheme === 'oci' ? uri.registry : uri.url.host;
}
