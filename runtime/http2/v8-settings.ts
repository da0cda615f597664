/** What V8 is told before the first request, so that what a request leaves behind is collected cheaply. */
import { setFlagsFromString } from 'node:v8';

const FLAGS = [
  /**
   * V8 counts which places of the code make objects that survive the collection of the young generation, and from then on makes them in
   * the old one. At thousands of requests a second some are in flight at every such collection: their objects count as survivors, all
   * later ones are made old, and all that hangs on them with them, until the next full collection. So it is switched off (docs/adr/0032).
   */
  '--no-allocation-site-pretenuring',
  /**
   * How much the old generation may grow until the next full collection. Set for the strings of header values, which node:http2
   * made there (docs/adr/0032): collecting them sooner cost the same in all, in pauses of a third of the length. Those are gone with it
   * (docs/adr/0034); every figure since was measured with this setting, none without.
   */
  '--heap-growing-percent=30',
  /**
   * Every read of a socket (over TLS and REST; plain gRPC reads into one buffer) and every message that is new is memory outside V8's heap, held by an object of a few words. V8 looks for such garbage
   * among the young objects only after 64 MB and more of it, and has begun to mark the whole heap by then, which with large messages costs
   * more than all the rest of a request (docs/adr/0033). With this it does after four times as many bytes; the young generation keeps its size.
   */
  '--scavenger-max-new-space-capacity-mb=3',
] as const;

/** Of the whole process, and of threads that start later. Other engines than V8 13 may not know them, which the test shows. */
export function tuneCollector(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
