/** What a look at one thing found. The worst of many becomes the headline. */
import { LIMITS } from '../api/limits.js';
import { layerRank, type Reason } from '../api/reasons.js';

export interface Finding {
  /** Fine: as it should be. Progress: on its way. Blocked: kept from it. */
  readonly severity: 'Fine' | 'Progress' | 'Blocked';
  readonly reason: Reason;
  readonly message: string;
}

export function fine(reason: Reason, message: string): Finding {
  return { severity: 'Fine', reason, message: clip(message) };
}

export function progress(reason: Reason, message: string): Finding {
  return { severity: 'Progress', reason, message: clip(message) };
}

export function blocked(reason: Reason, message: string): Finding {
  return { severity: 'Blocked', reason, message: clip(message) };
}

const SEVERITIES = ['Blocked', 'Progress', 'Fine'] as const;

/** Worst first; among blockers the lowest layer first; then by text, so that the order never depends on the order of reads. */
export function compareFindings(a: Finding, b: Finding): number {
  const bySeverity = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  const byLayer = layerRank(a.reason) - layerRank(b.reason);
  return bySeverity || byLayer || compareText(a.reason, b.reason) || compareText(a.message, b.message);
}

/** One line of at most 1 KiB as UTF-8, the limit of conditions; without control characters, wherever the text came from. */
export function clip(text: string, maxBytes: number = LIMITS.message): string {
  const line = text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  const bytes = new TextEncoder().encode(line);
  if (bytes.length <= maxBytes) return line;
  const cut = new TextDecoder().decode(bytes.slice(0, maxBytes - 8));
  return `${cut.replace(/\uFFFD+$/, '')}…`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
