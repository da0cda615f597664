/**
 * JSON text → values, where JSON.parse alone falls short: integers beyond 2^53 keep every digit, nesting is bounded before
 * anything is built, and what is wrong is told without the text around it, which JSON.parse quotes and which is tensor content.
 */
import { invalidArgument } from '../core/inference-error.js';
import { mendWords } from './mend-words.js';

/** As deep as a tensor of 64 dimensions inside a request. */
const DEEPEST = 70;
/** Begins what stands for digits that a number would lose; no string of a request begins so, as none may hold NUL. */
const DIGITS = '\u0000digits ';
const NOT_A_VALUE = '\u0000NaN';
/** A minus and the digits of the largest 64-bit integer. A reviver would find them too, at a microsecond for every element. */
const LONG_INTEGER = /(?<![\d.eE+-])-?[1-9]\d{15,19}(?![\d.eE])/;
const NON_FINITE = /NaN|-?Infinity/;

/** Throws InferenceError(INVALID_ARGUMENT). */
export function parseJson(text: string): unknown {
  checkDepth(text);
  const isLong = LONG_INTEGER.test(text);
  try {
    return JSON.parse(
      isLong ? mendWords(text, LONG_INTEGER, (digits) => (Number.isSafeInteger(Number(digits)) ? digits : `"\\u0000digits ${digits}"`)) : text,
    );
  } catch (cause) {
    const position = isLong ? undefined : /position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1];
    throw invalidArgument(findNonFinite(text) ?? `the request is not JSON${position === undefined ? '' : `: it breaks at character ${position}`}`);
  }
}

/** The integer whose digits a number would have lost; undefined for any other value. */
export function readDigits(value: unknown): bigint | undefined {
  if (typeof value !== 'string' || !value.startsWith(DIGITS)) return undefined;
  const digits = value.slice(DIGITS.length);
  return /^-?\d{16,20}$/.test(digits) ? BigInt(digits) : undefined; // a client can write such a string itself
}

function checkDepth(text: string): void {
  let depth = 0;
  let isInside = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) isInside = !isInside;
    else if (isInside) at += code === 0x5c ? 1 : 0;
    else if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) depth -= 1;
    if (depth > DEEPEST) throw invalidArgument(`the request's JSON is nested deeper than ${DEEPEST} at character ${at}`);
  }
}

/** A sentence that names the field with a bare NaN or Infinity, as Python's json writes them; undefined when that is not the fault. */
function findNonFinite(text: string): string | undefined {
  if (!NON_FINITE.test(text)) return undefined;
  let isFirst = true;
  const mended = mendWords(text, NON_FINITE, () => {
    const value = isFirst ? '"\\u0000NaN"' : '0';
    isFirst = false;
    return value;
  });
  try {
    const path = findPath(JSON.parse(mended));
    return path === undefined ? undefined : `${path.replace(/^\./, '')} is NaN or Infinity, which JSON does not have: send the tensor as binary data`;
  } catch {
    return undefined; // broken elsewhere too: that is what the caller tells
  }
}

/** Path of the first such word, such as ".inputs[0].data[3]". */
function findPath(value: unknown): string | undefined {
  if (value === NOT_A_VALUE) return '';
  if (typeof value !== 'object' || value === null) return undefined;
  const isList = Array.isArray(value);
  for (const [key, member] of isList ? value.entries() : Object.entries(value)) {
    const path = findPath(member);
    if (path !== undefined) return `${isList ? `[${key}]` : `.${key}`}${path}`;
  }
  return undefined;
}
