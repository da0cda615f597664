/** What V8 is told before the first request. */
import { setFlagsFromString } from 'node:v8';

/**
 * V8 counts which places of the code make objects that survive the collection of the young generation, and from then on makes them in
 * the old one. At thousands of requests a second some are in flight at every such collection: their objects count as survivors, all
 * later ones are made old, and all that hangs on them with them, until the next full collection. So it is switched off (docs/adr/0032).
 */
export function keepRequestsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
