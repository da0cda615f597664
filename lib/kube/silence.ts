/** A stream that must not be silent: the other end of a connection may be gone without anybody having said so. */
import type { Clock } from '../clock.js';
import { ENDED } from '../scoped-abort.js';
import { KubeError } from './kube-error.js';

/** Passes on what comes. Throws a KubeError `Silent` when nothing comes for `silenceMs`, and calls `onSilence` then. */
export async function* failOnSilence(
  body: AsyncIterable<Uint8Array>,
  { clock, silenceMs, onSilence }: { readonly clock: Clock; readonly silenceMs: number; readonly onSilence: () => void },
): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = new AbortController();
      const silence = clock.sleep(silenceMs, timer.signal).then(() => 'Silence' as const);
      const next = iterator.next().finally(() => timer.abort(ENDED));
      const first = await Promise.race([next, silence]);
      if (first === 'Silence' && !timer.signal.aborted) {
        next.catch(() => undefined);
        onSilence();
        throw new KubeError(`Nothing came for ${silenceMs} ms`, { code: 0, reason: 'Silent' });
      }
      const result = await next;
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    // not awaited: a body that hangs would hang its reader
    iterator.return?.().catch(() => undefined);
  }
}
