/** Pieces of messages: amounts as people write them, lists that end, and a next step that is never cut off. */
import { isCpu } from '../../view/amounts.js';
import { clip } from '../finding.js';

/** Longest message, and items of a list that are named. */
const MESSAGE_BYTES = 1024;
const LISTED = 5;

const UNITS = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'] as const;

/** Exactly: 1500 of cpu is `1500m`, 2^31 of memory is `2Gi`, and a byte more is `2147483649`. */
export function amount(resource: string, value: number): string {
  if (isCpu(resource)) return value % 1000 === 0 ? String(value / 1000) : `${value}m`;
  if (!/(^|\.)(memory|ephemeral-storage)$/.test(resource)) return String(value);
  const unit = UNITS.find((_, index) => value !== 0 && value % 1024 ** (UNITS.length - index) === 0);
  return unit === undefined ? String(value) : `${value / 1024 ** (UNITS.length - UNITS.indexOf(unit))}${unit}`;
}

/** `n1, n2 and 3 more`. */
export function list(items: readonly string[]): string {
  const more = items.length - LISTED;
  return more > 0 ? `${items.slice(0, LISTED).join(', ')} and ${more} more` : items.join(', ');
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** What is so, and what to do. */
export function compose(what: string, next: string): string {
  const bytes = new TextEncoder().encode(next).length;
  return `${clip(what, MESSAGE_BYTES - bytes - 2)}. ${next}`;
}
