/**
 * Garbage of received bytes, collected while it is young. Every read of a socket and every message is memory outside V8's heap, held
 * by an object of a few words. V8 looks for such garbage among the young objects only after 64 MB and more of it, and has begun to mark
 * the whole heap by then, which with large messages costs more than all the rest of a request (docs/adr/0033).
 */
import { setFlagsFromString } from 'node:v8';

/** V8 collects the young objects after four times as many bytes that they hold outside its heap. The size of its own young generation stays. */
const CAPACITY_MB = 3;

/** For the whole process, and for threads that start later. Other engines than V8 13 may not know it, which the test shows. */
export function collectEarly(): void {
  setFlagsFromString(`--scavenger-max-new-space-capacity-mb=${CAPACITY_MB}`);
}
