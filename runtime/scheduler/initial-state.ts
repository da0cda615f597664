/**
 * The state that a sequence begins with: zeros, or a file. A file holds one row, and each row of a request begins with it.
 * Free dimensions that the request does not fix are those of the configuration, and 1 where that leaves them free, too.
 */
import { DATATYPES } from '../core/datatype.js';
import { layRows } from '../core/lay-rows.js';
import { LoadError } from '../core/load-error.js';
import type { SequenceState } from '../core/model-settings.js';
import type { TensorSpec } from '../core/signature.js';
import { countElements, formatShape, type Tensor } from '../core/tensor.js';
import type { SequenceModel } from './sequence-inputs.js';

export interface BeginningRequest {
  readonly rows: number;
  readonly inputs: readonly Tensor[];
}

export class InitialState {
  readonly #batchAxis: number | undefined;
  /** Axes whose name an input of clients has, too: [axis, input, axis of that input]. */
  readonly #symbolic = new Map<number, { readonly input: string; readonly axis: number }>();
  readonly #dims: readonly number[];
  readonly #row: Uint8Array | undefined;
  #last: Tensor | undefined;

  /** Throws LoadError for a file that is not there or has another size than one row. */
  constructor(
    readonly state: SequenceState,
    readonly spec: TensorSpec,
    options: SequenceModel,
  ) {
    const { signature, plan, settings } = options;
    const isLed = (settings.maxBatchRows ?? 0) > 0;
    this.#batchAxis = plan.inputAxes[signature.inputs.indexOf(spec)] ?? (isLed ? 0 : undefined);
    const dims = state.initialDims ?? state.dims;
    this.#dims = isLed ? [1, ...dims] : dims;
    if (state.initialFile === undefined) this.#findSymbols(options);
    else this.#row = this.#readRow(state.initialFile, options.initialFiles);
  }

  countBytes(request: BeginningRequest): number {
    return countElements(this.#shapeFor(request)) * this.#elementBytes;
  }

  /** Read-only: sequences that begin alike share it. */
  make(request: BeginningRequest): Tensor {
    const shape = this.#shapeFor(request);
    if (this.#last !== undefined && formatShape(this.#last.shape) === formatShape(shape)) return this.#last;
    const data = new Uint8Array(countElements(shape) * this.#elementBytes);
    if (this.#row !== undefined) this.#layRow(data, shape, this.#row);
    this.#last = { name: this.spec.name, datatype: this.spec.datatype, shape, data };
    return this.#last;
  }

  /** An empty string is four zero bytes: its length. */
  get #elementBytes(): number {
    return DATATYPES[this.spec.datatype].size ?? 4;
  }

  #shapeFor({ rows, inputs }: BeginningRequest): number[] {
    return this.spec.shape.map((size, axis) => {
      if (size >= 0) return size;
      if (axis === this.#batchAxis) return rows;
      const symbol = this.#symbolic.get(axis);
      const shared = symbol === undefined ? undefined : inputs.find(({ name }) => name === symbol.input)?.shape[symbol.axis];
      return shared ?? Math.abs(this.#dims[axis] ?? 1); // -1 is free: 1
    });
  }

  #findSymbols({ signature, settings }: SequenceModel): void {
    const filled = new Set([...(settings.sequence?.states ?? []), ...(settings.sequence?.controls ?? [])].map(({ inputName }) => inputName));
    for (const [axis, symbol] of this.spec.symbols.entries()) {
      if (symbol === '' || symbol === '?') continue;
      const source = signature.inputs.find(({ name, symbols }) => !filled.has(name) && symbols.includes(symbol));
      if (source !== undefined) this.#symbolic.set(axis, { input: source.name, axis: source.symbols.indexOf(symbol) });
    }
  }

  #readRow(file: string, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
    const data = files.get(file);
    const about = `The initial state of "${this.spec.name}"`;
    if (data === undefined) throw new LoadError('MODEL_INVALID', 'load', `${about} is to be in initial_state/${file}, which is not there`);
    if (this.spec.datatype === 'BYTES')
      throw new LoadError('MODEL_INVALID', 'load', `${about} is a file, but its datatype is BYTES: begin with empty texts (zero_data)`);
    const shape = this.#shapeFor({ rows: 1, inputs: [] });
    const bytes = countElements(shape) * this.#elementBytes;
    if (data.byteLength === bytes) return data;
    const wanted = `${bytes} bytes for one row of ${this.spec.datatype} ${formatShape(shape)}`;
    throw new LoadError('MODEL_INVALID', 'load', `${about}, initial_state/${file}, has ${data.byteLength} bytes: give ${wanted}`);
  }

  #layRow(target: Uint8Array, shape: readonly number[], row: Uint8Array): void {
    const axis = this.#batchAxis;
    if (axis === undefined || this.spec.shape[axis] !== -1) {
      target.set(row);
      return;
    }
    const one: Tensor = { name: this.spec.name, datatype: this.spec.datatype, shape: shape.map((size, at) => (at === axis ? 1 : size)), data: row };
    layRows(target, { datatype: one.datatype, shape, axis }, new Array<Tensor>(shape[axis] ?? 0).fill(one));
  }
}
