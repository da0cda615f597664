/** The XML of ListObjectsV2 becomes typed here: as much of it as is asked for, in the form that S3 writes. */
import { SourceError } from './source-error.js';

export interface ObjectPage {
  readonly objects: readonly { readonly key: string; readonly bytes: number }[];
  /** What the next page is asked for with; undefined for the last. */
  readonly next: string | undefined;
}

/** Keys are asked for encoded as in a URL, so that no character of them is markup; a server may not do so, and says whether it did. */
export function readObjectPage(xml: string, host: string): ObjectPage {
  if (!/<ListBucketResult[\s>]/.test(xml)) throw noList(host);
  const isEncoded = textOf(xml, 'EncodingType') === 'url';
  const objects = [...xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)].map(([, content = '']) => {
    const [key, size] = [textOf(content, 'Key'), textOf(content, 'Size')];
    if (key === undefined || size === undefined || !/^\d{1,16}$/.test(size)) throw noList(host);
    return { key: isEncoded ? decodeKey(key, host) : key, bytes: Number(size) };
  });
  const next = textOf(xml, 'IsTruncated') === 'true' ? textOf(xml, 'NextContinuationToken') : undefined;
  return { objects, next };
}

/** `<Code>` and `<Message>` of an error in S3's form. */
export function readS3Error(xml: string): string | undefined {
  const parts = [textOf(xml, 'Code'), textOf(xml, 'Message')].filter((part) => part !== undefined && part !== '');
  return /<Error[\s>]/.test(xml) && parts.length > 0 ? parts.join(': ') : undefined;
}

function textOf(xml: string, tag: string): string | undefined {
  const text = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
  return text?.replaceAll(/&(?:(lt|gt|quot|apos|amp)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));/g, readEntity);
}

function readEntity(entity: string, name: string | undefined, decimal: string | undefined, hex: string | undefined): string {
  if (name !== undefined) return ENTITIES[name] ?? entity;
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function decodeKey(text: string, host: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw noList(host);
  }
}

function noList(host: string): SourceError {
  return new SourceError(
    'SOURCE_UNREACHABLE',
    `"${host}" answered for a list of objects with something else: does it speak S3? Check AWS_ENDPOINT_URL`,
  );
}
