/**
 * Sizes as polynomials with whole coefficients over symbols: reshapes multiply sizes (batch·heads), and only exact algebra can tell
 * that two products are the same. `2·batch·seq + 3` is the map { "batch seq": 2, "": 3 }; the zero polynomial is the empty map.
 * What is no polynomial (a floored quotient) becomes a new symbol, the same one for the same expression.
 */
export type Dim = ReadonlyMap<string, number>;

/** The number of rows in the batch. No symbol of a model can take this name: they are all prefixed. */
export const ROWS = 'B';

/** Beyond this, products of float32 and of double sizes would no longer be exact. */
const MAX_COEFFICIENT = 2 ** 52;
const MAX_TERMS = 16;

export function constant(value: number): Dim {
  return value === 0 ? new Map() : new Map([['', value]]);
}

export function symbol(name: string): Dim {
  return new Map([[name, 1]]);
}

export const ONE = constant(1);
export const ROW_COUNT = symbol(ROWS);

/** The number, when it is one. */
export function numberOf(dim: Dim): number | undefined {
  if (dim.size === 0) return 0;
  return dim.size === 1 ? dim.get('') : undefined;
}

export function isNumber(dim: Dim, value: number): boolean {
  return numberOf(dim) === value;
}

export function sameDim(a: Dim, b: Dim): boolean {
  if (a.size !== b.size) return false;
  for (const [term, coefficient] of a) if (b.get(term) !== coefficient) return false;
  return true;
}

/** Whether the number of rows occurs in it. */
export function hasRows(dim: Dim): boolean {
  for (const term of dim.keys()) if (term.split(' ').includes(ROWS)) return true;
  return false;
}

/** The same text for the same polynomial, whatever way it came about. */
export function textOf(dim: Dim): string {
  const terms = [...dim].sort(([a], [b]) => (a < b ? -1 : 1));
  return terms.length === 0
    ? '0'
    : terms.map(([term, coefficient]) => (term === '' ? `${coefficient}` : `${coefficient}*${term.replaceAll(' ', '*')}`)).join('+');
}

/** undefined where the result would not be exact. */
export function add(a: Dim, b: Dim): Dim | undefined {
  const sum = new Map(a);
  for (const [term, coefficient] of b) sum.set(term, (sum.get(term) ?? 0) + coefficient);
  return checked(sum);
}

export function negate(a: Dim): Dim {
  return new Map([...a].map(([term, coefficient]) => [term, -coefficient]));
}

export function subtract(a: Dim, b: Dim): Dim | undefined {
  return add(a, negate(b));
}

export function multiply(a: Dim, b: Dim): Dim | undefined {
  const product = new Map<string, number>();
  for (const [left, x] of a) {
    for (const [right, y] of b) {
      const term = joinTerms(left, right);
      product.set(term, (product.get(term) ?? 0) + x * y);
    }
  }
  return checked(product);
}

export function multiplyAll(dims: readonly Dim[]): Dim | undefined {
  return dims.reduce<Dim | undefined>((product, dim) => (product === undefined ? undefined : multiply(product, dim)), ONE);
}

/** a / b where b is one term that divides every term of a; undefined otherwise. */
export function divideExactly(a: Dim, b: Dim): Dim | undefined {
  const [divisor] = b;
  if (divisor === undefined || b.size !== 1) return sameDim(a, b) && b.size > 0 ? ONE : undefined;
  const quotient = new Map<string, number>();
  for (const [term, coefficient] of a) {
    const rest = withoutFactors(term, divisor[0]);
    if (rest === undefined || coefficient % divisor[1] !== 0) return undefined;
    quotient.set(rest, coefficient / divisor[1]);
  }
  return quotient;
}

/**
 * -1, 0 or 1 when a is less than, equal to or greater than b whatever the symbols are; undefined when that depends. Symbols of sizes
 * are never negative; those of unknown numbers, which begin with "~", can be.
 */
export function compare(a: Dim, b: Dim): -1 | 0 | 1 | undefined {
  const difference = subtract(a, b);
  if (difference === undefined) return undefined;
  if (difference.size === 0) return 0;
  const base = difference.get('') ?? 0;
  const rest = [...difference].filter(([term]) => term !== '');
  if (rest.some(([term]) => term.includes('~'))) return undefined;
  if (base > 0 && rest.every(([, coefficient]) => coefficient > 0)) return 1;
  return base < 0 && rest.every(([, coefficient]) => coefficient < 0) ? -1 : undefined;
}

function checked(dim: Map<string, number>): Dim | undefined {
  for (const [term, coefficient] of dim) {
    if (Math.abs(coefficient) > MAX_COEFFICIENT || !Number.isInteger(coefficient)) return undefined;
    if (coefficient === 0) dim.delete(term);
  }
  return dim.size > MAX_TERMS ? undefined : dim;
}

function joinTerms(a: string, b: string): string {
  if (a === '') return b;
  return b === '' ? a : [...a.split(' '), ...b.split(' ')].sort().join(' ');
}

function withoutFactors(term: string, factors: string): string | undefined {
  if (factors === '') return term;
  const left = term.split(' ');
  for (const factor of factors.split(' ')) {
    const at = left.indexOf(factor);
    if (at < 0) return undefined;
    left.splice(at, 1);
  }
  return left.join(' ');
}
