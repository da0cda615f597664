/** A stream that must not be silent: the other end of a connection may be gone without anybody having said so. */
import type { Clock } from '../clock.js';
import { ENDED } from '../scoped-abort.js';
import { KubeError } from './kube-error.js';

/**
 * Passes on what comes. Throws a KubeError `Silent` when nothing comes for `silenceMs`, and calls `onSilence` then. What the reader
 * takes between two pieces is no silence. One timer for the whole stream: a watch brings thousands of pieces, and a timer for each
 * would be a tenth of what they cost.
 */
export async function* failOnSilence(
  body: AsyncIterable<Uint8Array>,
  { clock, silenceMs, onSilence }: { readonly clock: Clock; readonly silenceMs: number; readonly onSilence: () => void },
): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  const over = new AbortController();
  let sinceMs = clock.now();
  let giveUp: ((error: Error) => void) | undefined; // while somebody waits
  let isListening = false;
  // only while somebody waits: a reader that never comes back leaves no timer behind
  const listen = async (): Promise<void> => {
    isListening = true;
    while (giveUp !== undefined && !over.signal.aborted) {
      const leftMs = sinceMs + silenceMs - clock.now();
      if (leftMs > 0) await clock.sleep(leftMs, over.signal);
      else {
        onSilence();
        giveUp(new KubeError(`Nothing came for ${silenceMs} ms`, { code: 0, reason: 'Silent' }));
        break;
      }
    }
    isListening = false;
  };
  try {
    for (;;) {
      sinceMs = clock.now();
      const result = await new Promise<IteratorResult<Uint8Array, unknown>>((resolve, reject) => {
        giveUp = reject;
        if (!isListening) void listen();
        iterator.next().then(resolve, reject);
      });
      giveUp = undefined;
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    over.abort(ENDED);
    // not awaited: a body that hangs would hang its reader
    iterator.return?.().catch(() => undefined);
  }
}
