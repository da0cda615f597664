/** A Writer that writes only while this replica leads: one that was paused must not finish yesterday's plan beside its successor. */
import type { KubeObject, ObjectKey, Ownership, ResourceKind, Writer } from '../ports.js';

/** Somebody else may lead by now. */
export class NotLeadingError extends Error {
  override readonly name = 'NotLeadingError';
  constructor() {
    super('This replica does not lead any more: nothing was written');
  }
}

export class FencedWriter implements Writer {
  readonly #writer: Writer;
  readonly #isLeading: () => boolean;

  constructor(writer: Writer, isLeading: () => boolean) {
    this.#writer = writer;
    this.#isLeading = isLeading;
  }

  async apply(resource: ResourceKind, object: KubeObject, ownership: Ownership): Promise<KubeObject> {
    this.#check();
    return this.#writer.apply(resource, object, ownership);
  }

  async delete(resource: ResourceKind, key: ObjectKey, ownership: Ownership): Promise<void> {
    this.#check();
    await this.#writer.delete(resource, key, ownership);
  }

  async applyStatus(resource: ResourceKind, object: KubeObject): Promise<KubeObject> {
    this.#check();
    return this.#writer.applyStatus(resource, object);
  }

  #check(): void {
    if (!this.#isLeading()) throw new NotLeadingError();
  }
}
