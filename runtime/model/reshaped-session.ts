/** A session as the configuration shows it: clients' shapes on the outside, the model's on the inside; bytes stay as they are. */
import type { DeclaredTensor, ModelSettings } from '../core/model-settings.js';
import { computeServedSignature, convertShape } from '../core/served-signature.js';
import type { ModelSignature } from '../core/signature.js';
import type { RunBatch, RunOutcome, Session } from '../dataplane/ports.js';

/** The session itself when clients see the model as it is. */
export function reshapeSession(session: Session, settings: ModelSettings): Session {
  const signature = computeServedSignature(session.signature, settings);
  return signature === null ? session : new ReshapedSession(session, signature, settings);
}

class ReshapedSession implements Session {
  readonly provider: string;
  readonly depth: number;
  readonly whenBack: Session['whenBack'];
  readonly #inputs: ReadonlyMap<string, DeclaredTensor>;
  readonly #outputs: ReadonlyMap<string, DeclaredTensor>;
  readonly #hasBatchAxis: boolean;

  constructor(
    readonly inner: Session,
    readonly signature: ModelSignature,
    settings: ModelSettings,
  ) {
    this.provider = inner.provider;
    this.depth = inner.depth;
    this.whenBack = inner.whenBack;
    this.#inputs = onlyReshaped(settings.inputs);
    this.#outputs = onlyReshaped(settings.outputs);
    this.#hasBatchAxis = (settings.maxBatchRows ?? 0) > 0;
  }

  async run(batch: RunBatch): Promise<RunOutcome> {
    const parts = batch.parts.map((part) => ({
      ...part,
      inputs: part.inputs.map((input) => ({ ...input, shape: this.#toModel(input.name, input.shape) })),
    }));
    const names = batch.parts[0]?.inputs.map((input) => input.name) ?? [];
    const layout =
      batch.layout === undefined
        ? {}
        : { layout: { ...batch.layout, shapes: batch.layout.shapes.map((shape, index) => this.#toModel(names[index] ?? '', shape)) } };
    const outcome = await this.inner.run({ ...batch, parts, ...layout });
    return { ...outcome, outputs: outcome.outputs.map((output) => ({ ...output, shape: this.#toClient(output.name, output.shape) })) };
  }

  async close(): Promise<void> {
    await this.inner.close();
  }

  #toModel(name: string, shape: readonly number[]): readonly number[] {
    const { dims, reshape } = this.#inputs.get(name) ?? {};
    return dims === undefined || reshape === undefined ? shape : convertShape(shape, { from: dims, to: reshape, hasBatchAxis: this.#hasBatchAxis });
  }

  #toClient(name: string, shape: readonly number[]): readonly number[] {
    const { dims, reshape } = this.#outputs.get(name) ?? {};
    return dims === undefined || reshape === undefined ? shape : convertShape(shape, { from: reshape, to: dims, hasBatchAxis: this.#hasBatchAxis });
  }
}

function onlyReshaped(tensors: readonly DeclaredTensor[]): Map<string, DeclaredTensor> {
  return new Map(tensors.filter((tensor) => tensor.reshape !== undefined).map((tensor) => [tensor.name, tensor]));
}
