/** A session whose signature says more than ONNX Runtime knows: which inputs have a default. */

import type { ModelSignature } from '../core/signature.js';
import { withDefaults } from '../core/signature.js';
import type { Tensor } from '../core/tensor.js';
import type { RunBatch, RunOutcome, Session } from '../dataplane/ports.js';

/** The session itself when there are none. */
export function addDefaults(session: Session, defaults: readonly Tensor[]): Session {
  return defaults.length === 0 ? session : new SignedSession(session, withDefaults(session.signature, defaults));
}

class SignedSession implements Session {
  readonly provider: string;
  readonly depth: number;
  readonly whenBack: Session['whenBack'];

  constructor(
    readonly inner: Session,
    readonly signature: ModelSignature,
  ) {
    this.provider = inner.provider;
    this.depth = inner.depth;
    this.whenBack = inner.whenBack;
  }

  run(batch: RunBatch): Promise<RunOutcome> {
    return this.inner.run(batch);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
