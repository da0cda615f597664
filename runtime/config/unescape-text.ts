/** Escapes in a quoted text of protobuf's text format. Octal and hex ones are bytes, so the whole is decoded as UTF-8. */
import { ConfigError } from './config-error.js';

const SIMPLE: ReadonlyMap<string, string> = new Map(
  Object.entries({ n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\', "'": "'", '"': '"', '?': '?' }),
);
const ESCAPE = /\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g;

/** Throws ConfigError on an escape that is none and on bytes that are not UTF-8. */
export function unescapeText(raw: string, place: string): string {
  if (!raw.includes('\\')) return raw;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  let end = 0;
  for (const match of raw.matchAll(ESCAPE)) {
    for (const byte of encoder.encode(raw.slice(end, match.index))) bytes.push(byte);
    for (const byte of bytesOf(match, place)) bytes.push(byte);
    end = match.index + match[0].length;
  }
  for (const byte of encoder.encode(raw.slice(end))) bytes.push(byte);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch (cause) {
    throw new ConfigError(place, 'the bytes of this text are not UTF-8', { cause });
  }
}

function bytesOf([whole, octal, hex, short, long, letter]: RegExpExecArray, place: string): Iterable<number> {
  const byte = octal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(octal, 8);
  if (octal !== undefined || hex !== undefined) {
    if (byte > 255) throw new ConfigError(place, `${whole} is no byte: give \\0 to \\377`);
    return [byte];
  }
  const point = Number.parseInt(short ?? long ?? '', 16);
  if (short !== undefined || long !== undefined) {
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw new ConfigError(place, `${whole} is no character of Unicode`);
    return new TextEncoder().encode(String.fromCodePoint(point));
  }
  const simple = SIMPLE.get(letter ?? '');
  if (simple === undefined) throw new ConfigError(place, `${whole} is no escape: write \\\\ for a backslash`);
  return new TextEncoder().encode(simple);
}
