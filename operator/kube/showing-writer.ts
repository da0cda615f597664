/** A Writer whose writes the caches show at once. */
import type { KubeObject, ObjectKey, Ownership, ResourceKind, Writer } from '../ports.js';
import type { OwnWrites } from './own-writes.js';

export class ShowingWriter implements Writer {
  readonly #writer: Writer;
  readonly #cacheOf: (resource: ResourceKind) => OwnWrites | undefined;

  /** `cacheOf` is undefined for kinds that are not watched. */
  constructor(writer: Writer, cacheOf: (resource: ResourceKind) => OwnWrites | undefined) {
    this.#writer = writer;
    this.#cacheOf = cacheOf;
  }

  apply(resource: ResourceKind, object: KubeObject, ownership: Ownership): Promise<KubeObject> {
    return this.#show(resource, object, () => this.#writer.apply(resource, object, ownership));
  }

  create(resource: ResourceKind, object: KubeObject, ownership: Ownership): Promise<KubeObject> {
    return this.#show(resource, object, () => this.#writer.create(resource, object, ownership));
  }

  async delete(resource: ResourceKind, key: ObjectKey, ownership: Ownership): Promise<void> {
    this.#cacheOf(resource)?.forget(key);
    await this.#writer.delete(resource, key, ownership);
  }

  confirm(resource: ResourceKind, seen: KubeObject): Promise<void> {
    return this.#writer.confirm(resource, seen);
  }

  applyStatus(resource: ResourceKind, object: KubeObject): Promise<KubeObject> {
    return this.#show(resource, object, () => this.#writer.applyStatus(resource, object));
  }

  #show(resource: ResourceKind, { metadata: { namespace = '', name } }: KubeObject, write: () => Promise<KubeObject>): Promise<KubeObject> {
    const cache = this.#cacheOf(resource);
    return cache === undefined ? write() : cache.show({ namespace, name }, write);
  }
}
