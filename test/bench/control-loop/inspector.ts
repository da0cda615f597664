/** The operator's heap after a collection, asked for over Node's own inspector: the process under test needs no code for it. */
import { isRecord, readNumber, readRecord, readString } from '../../../lib/kube/json.js';

const MB = 2 ** 20;
const ANSWER_MS = 30_000;

export class Inspector {
  #next = 1;
  readonly #waiting = new Map<number, (answer: unknown) => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const answer: unknown = JSON.parse(String(data));
      this.#waiting.get(readNumber(answer, 'id') ?? 0)?.(answer);
    });
  }

  static async connect(host: string, port: number): Promise<Inspector> {
    const answer = await fetch(`http://${host}:${port}/json/list`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const targets: unknown = await answer.json();
    const url = Array.isArray(targets) ? readString(targets[0], 'webSocketDebuggerUrl') : undefined;
    if (url === undefined) throw new Error(`There is no inspector at ${host}:${port}`);
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new Error(`The inspector at ${url} does not answer`)), { once: true });
    });
    return new Inspector(socket);
  }

  async heapMbAfterCollection(): Promise<number> {
    await this.#ask('HeapProfiler.collectGarbage');
    const usage = await this.#ask('Runtime.getHeapUsage');
    return (readNumber(readRecord(usage, 'result'), 'usedSize') ?? Number.NaN) / MB;
  }

  close(): void {
    this.socket.close();
  }

  async #ask(method: string): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`The inspector did not answer ${method}`));
      }, ANSWER_MS);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (isRecord(answer) && isRecord(answer['error'])) reject(new Error(`${method}: ${readString(answer['error'], 'message')}`));
        else resolve(answer);
      });
      this.socket.send(JSON.stringify({ id, method }));
    });
  }
}
