/** The header block of a request, read once: RFC 9113, sections 8.2 and 8.3. A block that comes again is the same object. */
import type { HeaderList } from './hpack/header-list.js';

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;
const CONNECTION_FIELDS: ReadonlySet<string> = new Set(['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade']);
const PSEUDO_FIELDS: ReadonlySet<string> = new Set([':method', ':scheme', ':path', ':authority']);

export class RequestHead {
  readonly method: string;
  readonly path: string;
  /** Undefined where the client does not say it. */
  readonly contentLength: number | undefined;
  /** Why the request is malformed; undefined when it is not. */
  readonly problem: string | undefined;
  /** What the layer above made of it. */
  memo: unknown;

  constructor(readonly fields: HeaderList) {
    this.method = fields.get(':method') ?? '';
    this.path = fields.get(':path') ?? '';
    const length = fields.get('content-length');
    this.contentLength = length === undefined ? undefined : Number(length);
    this.problem = findRequestProblem(fields);
  }
}

/** Throws nothing: a list that is malformed has a head with a problem. */
export function readRequestHead(fields: HeaderList): RequestHead {
  if (fields.memo instanceof RequestHead) return fields.memo;
  const head = new RequestHead(fields);
  fields.memo = head;
  return head;
}

function findRequestProblem(fields: HeaderList): string | undefined {
  const { names, values } = fields;
  const pseudo = names.findLastIndex((name) => name.startsWith(':')) + 1;
  const seen = names.slice(0, pseudo);
  const unknown = seen.find((name) => !PSEUDO_FIELDS.has(name));
  if (unknown !== undefined) return `"${unknown}" is no pseudo-header of a request, or it comes after a header`;
  if (new Set(seen).size < seen.length) return 'a pseudo-header comes twice';
  for (const name of [':method', ':scheme', ':path']) if (!seen.includes(name)) return `${name} is missing`;
  if (fields.get(':path') === '') return ':path is empty';
  const length = fields.get('content-length');
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return 'content-length is not a number';
  return findFieldProblem(names.slice(pseudo), values.slice(pseudo)) ?? findFieldProblem([], values.slice(0, pseudo));
}

/** Of trailers: no pseudo-header is allowed. */
export function findTrailerProblem({ names, values }: HeaderList): string | undefined {
  return findFieldProblem(names, values);
}

function findFieldProblem(names: readonly string[], values: readonly string[]): string | undefined {
  for (const name of names) {
    if (!NAME.test(name)) return `"${name}" is no name of a header`;
    if (CONNECTION_FIELDS.has(name)) return `"${name}" is not allowed in HTTP/2`;
  }
  for (const [index, value] of values.entries()) {
    if (BAD_VALUE.test(value)) return 'the value of a header has a character that is not allowed';
    if (names[index] === 'te' && value !== 'trailers') return 'te is not "trailers"';
  }
  return undefined;
}
