/** Tokens of protobuf's text format (protobuf.dev/reference/protobuf/textformat-spec), with their places. */
import { ConfigError } from './config-error.js';
import { unescapeText } from './unescape-text.js';

export interface Token {
  readonly kind: 'Word' | 'Number' | 'String' | 'Mark' | 'End';
  /** Of a string: its value, escapes resolved. */
  readonly text: string;
  readonly place: string;
}

const SPACE = /(?:[\s\uFEFF]+|#[^\n]*)+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /(?:0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fF]?)(?![A-Za-z0-9_.])/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'/y;
const MARKS = '{}<>[]:,;-';

/** `file` is named in places. Throws ConfigError. */
export function lexText(source: string, file: string): Token[] {
  const tokens: Token[] = [];
  const placeOf = newLocator(source, file);
  for (let at = skip(source, 0); at < source.length; at = skip(source, at)) {
    const place = placeOf(at);
    const [kind, raw] = match(source, at, place);
    tokens.push({ kind, text: kind === 'String' ? unescapeText(raw.slice(1, -1), place) : raw, place });
    at += raw.length;
  }
  tokens.push({ kind: 'End', text: 'the end of the file', place: placeOf(source.length) });
  return tokens;
}

function match(source: string, at: number, place: string): [Exclude<Token['kind'], 'End'>, string] {
  const found = take(WORD, source, at);
  if (found !== undefined) return ['Word', found];
  const number = take(NUMBER, source, at);
  if (number !== undefined) return ['Number', number];
  const string = take(STRING, source, at);
  if (string !== undefined) return ['String', string];
  const first = source[at] ?? '';
  if (MARKS.includes(first)) return ['Mark', first];
  if (first === '"' || first === "'") throw new ConfigError(place, `this text has no closing ${first} on its line`);
  const word = /^[^\s{}<>[\]:,;]*/.exec(source.slice(at, at + 40))?.[0] ?? '';
  throw new ConfigError(place, `${JSON.stringify(word === '' ? first : word)} is neither a name, a number, a text in quotes nor one of ${MARKS}`);
}

function skip(source: string, at: number): number {
  return at + (take(SPACE, source, at)?.length ?? 0);
}

function take(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

/** Places of offsets that only grow, in one pass over the text. Lines and columns count from 1. */
function newLocator(source: string, file: string): (offset: number) => string {
  let line = 1;
  let lineStart = 0;
  return (offset) => {
    for (let next = source.indexOf('\n', lineStart); next >= 0 && next < offset; next = source.indexOf('\n', lineStart)) {
      line += 1;
      lineStart = next + 1;
    }
    return `${file}:${line}:${offset - lineStart + 1}`;
  };
}
