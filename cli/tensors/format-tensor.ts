/** A tensor on one line: all of a small one, nested as its shape; of a large one both ends and what lies between. Pure. */
import type { Tensor } from '../../runtime/core/tensor.js';
import { type Element, formatElement, readElements } from './read-elements.js';

const MOST_ELEMENTS = 16;
const HEAD = 4;
const TAIL = 2;
const LONGEST_TEXT = 60;
const DIGITS = 5;

export function formatTensor(tensor: Tensor): string {
  const elements = readElements(tensor);
  const texts = (some: readonly Element[]): string[] => some.map((element) => shorten(formatElement(element, tensor.datatype, DIGITS)));
  if (elements.length <= MOST_ELEMENTS) return nest(texts(elements), tensor.shape);
  const ends = [...texts(elements.slice(0, HEAD)), '…', ...texts(elements.slice(-TAIL))].join(', ');
  return `[${ends}]${summarize(elements)}`;
}

/** Elements in row-major order → nested lists: [1,2,3,4] of [2,2] → [[1, 2], [3, 4]]. */
export function nest(texts: readonly string[], shape: readonly number[], separator = ', '): string {
  const [size, ...rest] = shape;
  if (size === undefined) return texts[0] ?? '[]';
  const step = rest.reduce((product, dimension) => product * dimension, 1);
  const rows = Array.from({ length: size }, (_, index) => nest(texts.slice(index * step, (index + 1) * step), rest, separator));
  return `[${rows.join(separator)}]`;
}

function shorten(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 2)}…"`;
}

function summarize(elements: readonly Element[]): string {
  let [least, most, sum, count] = [Infinity, -Infinity, 0, 0];
  for (const element of elements) {
    if (typeof element === 'string' || typeof element === 'boolean') return '';
    const value = Number(element);
    if (!Number.isFinite(value)) continue;
    [least, most, sum, count] = [Math.min(least, value), Math.max(most, value), sum + value, count + 1];
  }
  const odd = elements.length - count;
  const range = count === 0 ? '' : ` min ${short(least)}, mean ${short(sum / count)}, max ${short(most)}`;
  return `${range}${odd === 0 ? '' : `, ${odd} not finite`}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}
