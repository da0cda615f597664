/** s3://bucket[/key or prefix]: an object, or the objects below a prefix. The CRD has the same form as a rule. */
import { redactText } from './redact.js';
import { SourceError } from './source-error.js';

export interface BucketUri {
  readonly scheme: 's3';
  readonly bucket: string;
  /** Of an object or a folder, without slashes at its ends; empty for the whole bucket. */
  readonly path: string;
}

/** As S3 names buckets. */
const BUCKET = '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]';
/** Neither empty nor with a dot in front, hence neither `.` nor `..`. */
const SEGMENT = '[A-Za-z0-9_+=,()!*-][A-Za-z0-9._+=,()!*-]*';
const FORM = new RegExp(`^s3://(${BUCKET})((?:/${SEGMENT})*)/?$`);
/** Whatever has an @ or a colon may have a password in front of it: it must not be printed. */
const PRINTABLE = /^s3:\/\/[^@:]*$/;

export function parseBucketUri(uri: string): BucketUri {
  const [, bucket, path = ''] = FORM.exec(uri) ?? [];
  if (bucket !== undefined) return { scheme: 's3', bucket, path: path.slice(1) };
  const value = PRINTABLE.test(uri) ? `, and is "${redactText(uri).slice(0, 200)}"` : ' without a user name or password in it';
  throw new SourceError('URI_INVALID', `The model uri must have the form s3://bucket[/key or prefix]${value}`);
}
