/** The sockets of one simulated process: cut at its death, and what comes while it is stopped lies there until it goes on. */
import type { Connect, HttpAnswer, HttpCall, KubeConnection } from '../../lib/kube/connection.js';
import { ScopedAbort } from '../../lib/scoped-abort.js';
import type { ProcessGate } from './process-gate.js';

export function connectThrough(gate: ProcessGate, connect: Connect): Connect {
  return (server, tls) => new ProcessConnection(gate, connect(server, tls));
}

class ProcessConnection implements KubeConnection {
  readonly #gate: ProcessGate;
  readonly #connection: KubeConnection;

  constructor(gate: ProcessGate, connection: KubeConnection) {
    this.#gate = gate;
    this.#connection = connection;
  }

  async exchange(call: HttpCall): Promise<HttpAnswer> {
    if (!this.#gate.isOpen) await this.#gate.pass('Answer');
    const scope = new ScopedAbort(call.signal, this.#gate.death);
    try {
      const answer = await this.#connection.exchange({ ...call, signal: scope.signal });
      return { ...answer, body: this.#gated(answer.body) };
    } finally {
      if (!this.#gate.isOpen) await this.#gate.pass('Answer');
    }
  }

  retire(): void {
    this.#connection.retire();
  }

  async destroy(): Promise<void> {
    await this.#connection.destroy();
  }

  async *#gated(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        if (!this.#gate.isOpen) await this.#gate.pass('Answer');
        yield chunk;
      }
    } finally {
      if (!this.#gate.isOpen) await this.#gate.pass('Answer');
    }
  }
}
