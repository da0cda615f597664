/** New symbols for sizes that are no polynomials, one per expression: equal expressions are equal sizes. Rows never hide in them. */
import { add, compare, constant, type Dim, divideExactly, hasRows, isNumber, multiply, numberOf, sameDim, subtract, symbol, textOf } from './dim.js';

export class Symbols {
  private readonly byExpression = new Map<string, Dim>();

  /** A size (never negative) that the parts determine; undefined when one of them depends on the number of rows. */
  size(operation: string, ...parts: readonly Dim[]): Dim | undefined {
    return this.intern('#', operation, parts);
  }

  /** Like size(), for a number that can be negative. */
  number(operation: string, ...parts: readonly Dim[]): Dim | undefined {
    return this.intern('~', operation, parts);
  }

  /** A size nobody knows, other than any before, and the same in every batch. */
  unknown(): Dim {
    return symbol(`#${this.byExpression.size}.${this.next()}`);
  }

  /** A number nobody knows. */
  unknownNumber(): Dim {
    return symbol(`~${this.next()}`);
  }

  /** Size after broadcasting; undefined when exactly one side depends on the rows and the other is not 1. */
  broadcast(a: Dim, b: Dim): Dim | undefined {
    if (sameDim(a, b) || isNumber(b, 1)) return a;
    if (isNumber(a, 1)) return b;
    if (hasRows(a) || hasRows(b)) return undefined;
    if (numberOf(a) !== undefined) return a;
    if (numberOf(b) !== undefined) return b;
    return this.size('broadcast', ...[a, b].sort((x, y) => (textOf(x) < textOf(y) ? -1 : 1)));
  }

  /** floor(a / b) + plus, for a size. */
  floorDivide(a: Dim, b: Dim, plus = 0): Dim | undefined {
    const exact = divideExactly(a, b);
    const [x, y] = [numberOf(a), numberOf(b)];
    if (exact !== undefined) return add(exact, constant(plus));
    if (x !== undefined && y !== undefined && y !== 0) return constant(Math.floor(x / y) + plus);
    return this.size('floor', a, b, constant(plus));
  }

  /** Size of a dimension after Slice with whole start, end and step; end may be MAX_SAFE_INTEGER. */
  slice(dim: Dim, range: { readonly start: Dim; readonly end: Dim; readonly step: Dim }): Dim | undefined {
    const { start, end, step } = range;
    const [from, to, by, size] = [numberOf(start), numberOf(end), numberOf(step), numberOf(dim)];
    if (isWholeSlice(dim, range)) return dim;
    if (from === undefined || to === undefined || by === undefined || by === 0) return this.size('slice', dim, start, end, step);
    if (size !== undefined) return constant(sliceLength(size, from, to, by));
    return this.size('slice', dim, start, end, step);
  }

  product(dims: readonly Dim[]): Dim | undefined {
    return dims.reduce<Dim | undefined>((product, dim) => (product === undefined ? undefined : multiply(product, dim)), constant(1));
  }

  private intern(prefix: string, operation: string, parts: readonly Dim[]): Dim | undefined {
    if (parts.some(hasRows)) return undefined;
    const expression = `${prefix}${operation}(${parts.map(textOf).join(',')})`;
    const known = this.byExpression.get(expression);
    if (known !== undefined) return known;
    const made = symbol(`${prefix}${this.next()}`);
    this.byExpression.set(expression, made);
    return made;
  }

  private count = 0;

  private next(): number {
    this.count += 1;
    return this.count;
  }
}

/** INT32_MAX and INT64_MAX are how exporters write "to the end"; no dimension is as large. */
const BEYOND_ANY_SIZE = 2 ** 31 - 1;

/** Takes all of the dimension, whatever its size is. */
export function isWholeSlice(dim: Dim, range: { readonly start: Dim; readonly end: Dim; readonly step: Dim }): boolean {
  if (!isNumber(range.start, 0) || !isNumber(range.step, 1)) return false;
  const order = compare(range.end, dim);
  return order === 0 || order === 1 || (numberOf(range.end) ?? 0) >= BEYOND_ANY_SIZE || isAtLeast(range.end, dim);
}

function isAtLeast(a: Dim, b: Dim): boolean {
  const rest = subtract(a, b);
  return rest !== undefined && [...rest].every(([term, coefficient]) => coefficient >= 0 && !term.includes('~'));
}

function sliceLength(size: number, start: number, end: number, step: number): number {
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const clamp = (value: number) => Math.min(Math.max(value < 0 ? value + size : value, low), high);
  return Math.max(0, Math.ceil((clamp(end) - clamp(start)) / step));
}
