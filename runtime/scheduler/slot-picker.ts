/**
 * Which session gets the next batch, and whether it should get one now. An idle session always does. One that runs may
 * take a second batch, which then starts without a way back; but a batch that is made early is small, so only when a full
 * one waits, or when the running one is about to end.
 */
import type { SessionSlot } from './session-slot.js';

/** Way to a session in another thread and a timer's error. */
const LEAD_SECONDS = 0.0015;

/** Undefined when nothing should start now. */
export function pickSlot(slots: readonly SessionSlot[], isFullBatchWaiting: boolean, nowSeconds: number): SessionSlot | undefined {
  let best: SessionSlot | undefined;
  let bestSeconds = Number.POSITIVE_INFINITY;
  for (const slot of slots) {
    if (!slot.hasRoom) continue;
    if (slot.running.length === 0) return slot;
    if (!isFullBatchWaiting && nowSeconds < computeSecondBatchAt(slot)) continue;
    const seconds = slot.remainingSeconds(nowSeconds);
    if (best !== undefined && (slot.running.length > best.running.length || seconds >= bestSeconds)) continue;
    best = slot;
    bestSeconds = seconds;
  }
  return best;
}

/** When a session that runs may take a second batch although it is not a full one; Infinity for never. */
export function computeSecondBatchAt(slot: SessionSlot): number {
  const [running] = slot.running;
  if (!slot.hasRoom || running === undefined || slot.running.length > 1) return Number.POSITIVE_INFINITY;
  if (running.expectedSeconds === undefined) return Number.POSITIVE_INFINITY;
  return slot.startedSeconds + running.expectedSeconds - Math.min(LEAD_SECONDS, running.expectedSeconds / 4);
}
