/** The models of this process: loads them one after the other, tells of every change, drains them together. */
import type { ModelStatusz } from '../../contract/statusz.js';
import type { Backend, LoadOptions, ModelStore } from '../dataplane/ports.js';
import type { LocatedModel } from './locate-models.js';
import { ServedModel } from './served-model.js';

export class LocalModelStore implements ModelStore {
  isDraining = false;
  readonly #models: readonly ServedModel[];
  readonly #listeners = new Set<() => void>();

  constructor(
    readonly backend: Backend,
    located: readonly LocatedModel[],
    monotonicSeconds: () => number,
  ) {
    this.#models = located.map((model) => new ServedModel(model, monotonicSeconds));
  }

  models(): readonly ServedModel[] {
    return this.#models;
  }

  /** Called after every change of a model's state. Returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when every model is Ready, or when a drain has begun: no further load begins then. Rejects with the first LoadError. */
  async start(options: LoadOptions, onCrash: (error: Error) => void): Promise<void> {
    for (const model of this.#models) {
      if (this.isDraining) return;
      await model.start(this.backend, options, this.#notify, (error) => {
        model.move('Failed', error.message, this.#notify);
        onCrash(error);
      });
    }
  }

  /** From now on nothing is ready; what is Ready goes on answering. */
  drain(): void {
    this.isDraining = true;
    for (const model of this.#models) {
      if (model.state === 'Ready') model.move('Draining', 'the server is shutting down', this.#notify);
    }
    this.#notify();
  }

  async close(): Promise<void> {
    await Promise.all(this.#models.map((model) => model.session?.close()));
  }

  statusz(): ModelStatusz[] {
    return this.#models.map((model) => model.statusz());
  }

  readonly #notify = (): void => {
    for (const listener of this.#listeners) listener();
  };
}
