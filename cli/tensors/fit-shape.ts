/** Which shape a tensor gets, when values come flat, without their batch axis, or with a shape of their own. Pure. */
import { countElements, formatShape } from '../../runtime/core/tensor.js';
import { UsageError } from '../usage-error.js';

export interface ShapeQuestion {
  readonly name: string;
  /** Of the model; -1: free. */
  readonly want: readonly number[];
  /** As the values are nested, or as their file says; undefined for bare bytes. */
  readonly found: readonly number[] | undefined;
  readonly count: number;
  /** What --shape says; one -1 means what is left. */
  readonly given: readonly number[] | undefined;
}

/**
 * Throws UsageError. What the model does not take is left for the server to refuse, unless the count of elements does not fit.
 * Examples, for [-1,4]: found [4] → [1,4]; found [8] → [2,4]; found [2,4] → [2,4]; 8 bare elements → [2,4].
 */
export function fitShape({ name, want, found, count, given }: ShapeQuestion): readonly number[] {
  if (given !== undefined) return fillShape({ name, shape: given, count, why: '--shape gives' });
  if (found !== undefined && found.length === want.length) return found;
  const [batch, ...rest] = want;
  if (found !== undefined && batch !== undefined && matches(rest, found) && (batch === -1 || batch === 1)) return [1, ...found];
  return fillShape({ name, shape: want, count, why: 'the model takes' });
}

function matches(want: readonly number[], found: readonly number[]): boolean {
  return want.length === found.length && want.every((dimension, axis) => dimension === -1 || dimension === found[axis]);
}

function fillShape({ name, shape, count, why }: { name: string; shape: readonly number[]; count: number; why: string }): readonly number[] {
  const free = shape.filter((dimension) => dimension === -1).length;
  if (free > 1)
    throw new UsageError(
      `--input ${name} has ${count} elements, and ${why} ${formatShape(shape)}, which has ${free} free dimensions: say which with --shape ${formatShapeFlag(name, shape)}`,
    );
  const known = countElements(shape.filter((dimension) => dimension !== -1));
  const rest = free === 0 || known === 0 ? 1 : count / known;
  if (!Number.isInteger(rest) || rest * known !== count)
    throw new UsageError(
      `--input ${name} has ${count} elements, and ${why} ${formatShape(shape)}, which holds ${free === 0 ? known : `a multiple of ${known}`}`,
    );
  return shape.map((dimension) => (dimension === -1 ? rest : dimension));
}

/** `x=1,3,48,1`: free dimensions are 1. */
export function formatShapeFlag(name: string, shape: readonly number[]): string {
  return `${name}=${shape.map((dimension) => (dimension === -1 ? 1 : dimension)).join(',')}`;
}
