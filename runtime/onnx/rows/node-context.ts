/**
 * One node and what is known of its inputs, as a transfer function sees it. The accessors say what the function understands: `data`
 * takes rows, `shared` refuses them, `sizes` wants whole numbers. An input that no accessor was asked for must be shared, so that a
 * function that overlooks an input cannot be wrong.
 */
import type { OnnxNode } from '../onnx-model.js';
import { ImpossiblePath } from './decisions.js';
import { constant, type Dim, hasRows, multiplyAll, numberOf } from './dim.js';
import type { Symbols } from './symbols.js';
import type { Rows, Shared, Sizes, Value } from './value.js';

/** Ends a transfer function: the rows mix here, or nobody can tell. Caught by the evaluator, and never leaves this folder. */
export class RowRefusal extends Error {}

export function refuse(why: string): never {
  throw new RowRefusal(why);
}

/** Ends a pass: on inputs of this rank the operator fails in any run. */
export function impossible(why: string): never {
  throw new ImpossiblePath(why);
}

const MAX_ELEMENTS = 64;

export class NodeContext {
  private readonly asked = new Set<number>();

  constructor(
    readonly node: OnnxNode,
    readonly inputs: readonly (Value | undefined)[],
    readonly symbols: Symbols,
    /** Version of the node's domain. */
    readonly opset: number,
  ) {}

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  /** Input that the function can take with rows. */
  data(index: number): Shared | Rows {
    const value = this.any(index);
    return value.kind === 'sizes' ? refuse(`takes a value that depends on the number of rows as its ${ordinal(index)} input`) : value;
  }

  /** Input that must be the same in every batch. */
  shared(index: number): Shared {
    const value = this.data(index);
    return value.kind === 'rows' ? refuse(`takes rows as its ${ordinal(index)} input, where only what all rows share is understood`) : value;
  }

  /** Input of which only shape or identity matter. */
  any(index: number): Shared | Rows | Sizes {
    this.asked.add(index);
    const value = this.inputs[index];
    if (value === undefined || value.kind === 'bad') return refuse(`has no ${ordinal(index)} input`);
    return value;
  }

  /** Elements of a small tensor of whole numbers; B can occur in them. undefined when the input is left out. */
  sizes(index: number): readonly Dim[] | undefined {
    if (!this.has(index)) return undefined;
    return this.elementsOf(this.any(index)) ?? refuse(`takes as its ${ordinal(index)} input numbers that are not known before the run`);
  }

  elementsOf(value: Value): readonly Dim[] | undefined {
    if (value.kind === 'bad' || value.kind === 'rows') return undefined;
    if (value.elements !== undefined) return value.elements;
    const count = value.shape === undefined ? undefined : numberOf(multiplyAll(value.shape) ?? new Map([['#', 1]]));
    if (count === undefined || count > MAX_ELEMENTS) return undefined;
    return Array.from({ length: count }, () => this.symbols.unknownNumber());
  }

  /** Numbers known before any run; undefined when the input is left out or when some are not known. */
  numbers(index: number): readonly number[] | undefined {
    const elements = this.has(index) ? this.elementsOf(this.any(index)) : undefined;
    const numbers = elements?.map(numberOf);
    return numbers?.every((value) => value !== undefined) ? numbers : undefined;
  }

  /** Axes from the attribute or, in later opsets, from an input. undefined when neither is there; refuses axes not known before the run. */
  axes(attribute: string, input: number, rank: number): readonly number[] | undefined {
    const given = this.has(input) ? (this.numbers(input) ?? refuse('has axes that are not known before the run')) : this.intList(attribute);
    return given?.map((axis) => normalAxis(axis, rank));
  }

  int(name: string, fallback: number): number {
    const value = this.node.attributes.get(name)?.int;
    return value === undefined ? fallback : Number(value);
  }

  intList(name: string): readonly number[] | undefined {
    return this.node.attributes.get(name)?.ints.map(Number);
  }

  text(name: string, fallback: string): string {
    return this.node.attributes.get(name)?.string ?? fallback;
  }

  /** An output beyond those the function describes. */
  uses(output: number): boolean {
    return (this.node.outputs[output] ?? '') !== '';
  }

  /** Inputs that no accessor was asked for; they must be shared. */
  checkAllAsked(): void {
    this.inputs.forEach((value, index) => {
      if (value !== undefined && value.kind !== 'shared' && !this.asked.has(index)) {
        refuse(`has a ${ordinal(index)} input that depends on the rows and that is not understood`);
      }
    });
  }
}

export function normalAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  return normal >= 0 && normal <= rank ? normal : refuse(`has axis ${axis} on ${rank} dimensions`);
}

/** A size computed from sizes; refuses where it would depend on the number of rows or where it is not exact. */
export function known(dim: Dim | undefined): Dim {
  return dim ?? refuse('has a dimension that cannot be followed');
}

/** A size that must not depend on the number of rows. */
export function rowFree(dim: Dim | undefined): Dim {
  const found = known(dim);
  return hasRows(found) ? refuse('has a dimension that depends on the number of rows') : found;
}

export function sized(value: Shared | Rows | Sizes): readonly Dim[] {
  return value.shape ?? refuse('has an input of unknown rank');
}

export function numbersToDims(numbers: readonly number[]): readonly Dim[] {
  return numbers.map(constant);
}

function ordinal(index: number): string {
  return ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'][index] ?? `${index + 1}th`;
}
