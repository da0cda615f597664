/** hf://owner/model[/path][@revision]: a repository of the Hugging Face Hub, or a file or folder in it. The CRD has the same form as a rule. */
import { redactText } from './redact.js';
import { SourceError } from './source-error.js';

export interface HubUri {
  readonly scheme: 'hf';
  /** `owner/model` */
  readonly repository: string;
  /** Of a file or folder; empty for the whole repository. */
  readonly path: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

const NAME = '[A-Za-z0-9][A-Za-z0-9._-]{0,95}';
/** Neither empty nor with a dot in front, hence neither `.` nor `..`. */
const SEGMENT = '[A-Za-z0-9_+=,()-][A-Za-z0-9._+=,()-]*';
const FORM = new RegExp(`^hf://(${NAME}/${NAME})((?:/${SEGMENT})*)(?:@([A-Za-z0-9_][A-Za-z0-9._/-]{0,199}))?$`);

/** Whatever has a colon before an @, or an @ before a path, may have a password there: it must not be printed. */
const PRINTABLE = /^hf:\/\/[^@:]*(?:\/[^@:]*@[^@]*)?$/;

export function parseHubUri(uri: string): HubUri {
  const [, repository, path = '', revision = 'main'] = FORM.exec(uri) ?? [];
  if (repository !== undefined) return { scheme: 'hf', repository, path: path.slice(1), revision };
  const value = PRINTABLE.test(uri) ? `, and is "${redactText(uri).slice(0, 200)}"` : ' without a user name or password in it';
  throw new SourceError('URI_INVALID', `The model uri must have the form hf://owner/model[/path][@branch, tag or commit]${value}`);
}

/** A commit names the same files for ever. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
