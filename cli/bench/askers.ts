/** One request after another, over calls of their own or over one stream. */

import { ClientError } from '../client/client-error.js';
import type { AnswerStream, InferenceClient, PreparedRequest } from '../client/inference-client.js';

export interface Asker {
  /** Resolves with the answer's arrival; rejects with ClientError. */
  ask(): Promise<void>;
  close(): void;
}

/** Answers are not decoded: that they are right is seen once, before the measurement. */
export class UnaryAsker implements Asker {
  readonly #client: InferenceClient;
  readonly #request: PreparedRequest;

  constructor(client: InferenceClient, request: PreparedRequest) {
    this.#client = client;
    this.#request = request;
  }

  async ask(): Promise<void> {
    await this.#client.infer(this.#request);
  }

  close(): void {}
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/** One answer for each request; a stream that broke is opened anew by the next one. */
export class StreamAsker implements Asker {
  readonly #client: InferenceClient;
  readonly #request: PreparedRequest;
  readonly #seconds: number;
  #stream: AnswerStream | undefined;
  #waiting: Waiting | undefined;

  /** `seconds`: how long a stream may live. */
  constructor(client: InferenceClient, request: PreparedRequest, seconds: number) {
    this.#client = client;
    this.#request = request;
    this.#seconds = seconds;
  }

  ask(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#stream ??= this.#open();
      this.#stream.send(this.#request);
    });
  }

  close(): void {
    this.#stream?.end();
    this.#stream = undefined;
  }

  #open(): AnswerStream {
    const stream = this.#client.openStream(
      {
        onAnswer: (answer) => {
          const waiting = this.#take();
          try {
            answer.decode(); // a stream tells its errors inside its messages
            waiting?.resolve();
          } catch (error) {
            waiting?.reject(error instanceof Error ? error : new Error(String(error)));
          }
        },
        onEnd: (error) => {
          if (this.#stream !== stream) return;
          this.#stream = undefined;
          this.#take()?.reject(error ?? new ClientError('CANCELLED', 'The server ended the stream before its answer'));
        },
      },
      this.#seconds,
    );
    return stream;
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
