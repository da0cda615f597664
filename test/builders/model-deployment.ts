/** `makeModelDeployment().uri('oci://r/m:1').replicas(2).obj()` */
import { KINDS } from '../../operator/api/kinds.js';
import type { ModelDeployment, ModelDeploymentSpec, ModelDeploymentStatus } from '../../operator/api/zz_generated.modeldeployment.js';
import type { KubeObject } from '../../operator/ports.js';

export const DIGEST_A = `sha256:${'a'.repeat(64)}`;
export const DIGEST_B = `sha256:${'b'.repeat(64)}`;

export class ModelDeploymentBuilder {
  #object: KubeObject & ModelDeployment;

  constructor(name: string) {
    const { apiVersion, kind } = KINDS.modelDeployment;
    const metadata = { name, namespace: 'shop', uid: `uid-${name}`, generation: 1 };
    this.#object = {
      apiVersion,
      kind,
      metadata,
      spec: { model: { uri: 'oci://registry.test/models/reader:1', version: '1', allowUnpinned: false }, suspend: false },
    };
  }

  spec(spec: Partial<ModelDeploymentSpec>): this {
    this.#object = { ...this.#object, spec: { ...this.#object.spec, ...spec } };
    return this;
  }

  model(model: Partial<ModelDeploymentSpec['model']>): this {
    return this.spec({ model: { ...this.#object.spec.model, ...model } });
  }

  uri(uri: string): this {
    return this.model({ uri });
  }

  digest(digest: string): this {
    return this.model({ digest });
  }

  replicas(replicas: number): this {
    return this.spec({ replicas });
  }

  suspend(): this {
    return this.spec({ suspend: true });
  }

  generation(generation: number): this {
    return this.metadata({ generation });
  }

  metadata(metadata: Partial<ModelDeployment['metadata']>): this {
    this.#object = { ...this.#object, metadata: { ...this.#object.metadata, ...metadata } };
    return this;
  }

  status(status: ModelDeploymentStatus): this {
    this.#object = { ...this.#object, status };
    return this;
  }

  obj(): KubeObject & ModelDeployment {
    return this.#object;
  }
}

export function makeModelDeployment(name = 'reader'): ModelDeploymentBuilder {
  return new ModelDeploymentBuilder(name);
}
