import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { add, compare, constant, type Dim, divideExactly, hasRows, multiply, numberOf, ROW_COUNT, sameDim, symbol, textOf } from './dim.js';

const NAMES = ['B', ':t', '#1'];

/** A polynomial and its value for some sizes. */
const dims: fc.Arbitrary<Dim> = fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.subarray(NAMES)), { maxLength: 3 }).map((terms) =>
  terms.reduce<Dim>(
    (sum, [factor, names]) =>
      add(
        sum,
        names.reduce<Dim>((product, name) => multiply(product, symbol(name)) ?? product, constant(factor)),
      ) ?? sum,
    constant(0),
  ),
);

function evaluate(dim: Dim, sizes: Readonly<Record<string, number>>): number {
  return [...dim].reduce(
    (sum, [term, factor]) => sum + term.split(' ').reduce((product, name) => product * (name === '' ? 1 : (sizes[name] ?? 0)), factor),
    0,
  );
}

const sizes = fc.record({ B: fc.nat(9), ':t': fc.nat(9), '#1': fc.nat(9) });

describe('sizes as polynomials', () => {
  test('2·B·t + 3 is written one way, however it came about', () => {
    const half = multiply(ROW_COUNT, symbol(':t')) ?? constant(0);
    const whole = add(add(half, constant(3)) ?? half, half) ?? half;
    expect(textOf(whole)).toBe('3+2*:t*B');
    expect(hasRows(whole)).toBe(true);
  });

  test('sums and products are those of the numbers', () => {
    fc.assert(
      fc.property(dims, dims, sizes, (a, b, at) => {
        expect(evaluate(add(a, b) ?? constant(0), at)).toBe(evaluate(a, at) + evaluate(b, at));
        expect(evaluate(multiply(a, b) ?? constant(0), at)).toBe(evaluate(a, at) * evaluate(b, at) + 0);
      }),
    );
  });

  test('a quotient times its divisor is what was divided', () => {
    fc.assert(
      fc.property(dims, dims, (a, b) => {
        const quotient = divideExactly(a, b);
        if (quotient !== undefined) expect(sameDim(multiply(quotient, b) ?? constant(0), a)).toBe(true);
      }),
    );
  });

  test('an order that is claimed holds for all sizes', () => {
    fc.assert(
      fc.property(dims, dims, sizes, (a, b, at) => {
        const order = compare(a, b);
        if (order !== undefined) expect(Math.sign(evaluate(a, at) - evaluate(b, at)) + 0).toBe(order);
      }),
    );
    expect(compare(symbol('~1'), constant(-1))).toBeUndefined();
    expect(numberOf(constant(0))).toBe(0);
  });
});
