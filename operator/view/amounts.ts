/**
 * Kubernetes' quantities added as the scheduler adds them: exactly, in billionths, and rounded up once at the end; cpu to thousandths,
 * all else to whole ones. Two containers of 0.4m cpu ask for 1m together, not for 2m.
 */
import { asRecord } from './json.js';

/** By resource: thousandths of a cpu, bytes, pieces. Exact up to 2^53. */
export type Amounts = ReadonlyMap<string, number>;

/** By resource, in billionths. */
export type Nanos = Map<string, bigint>;

const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** More digits or a larger exponent than any that Kubernetes keeps. */
const LONGEST = 64;
const LARGEST_EXPONENT = 40;
const LARGEST = (2n ** 63n - 1n) * 10n ** 9n;

/** Undefined for what is no quantity. */
export function parseNanos(value: unknown): bigint | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.length > LONGEST) return undefined;
  const [all, sign, whole = '', fraction = '', suffix = ''] = QUANTITY.exec(text) ?? [];
  if (all === undefined || whole + fraction === '') return undefined;
  const exponent = /^[eE][+-]?\d/.test(suffix) ? Number(suffix.slice(1)) : (DECIMAL[suffix] ?? 0);
  if (Math.abs(exponent) > LARGEST_EXPONENT) return undefined;
  const scale = 2n ** BigInt(10 * (BINARY.indexOf(suffix) + 1));
  const size = scaled(BigInt(whole + fraction) * scale, 9 + exponent - fraction.length);
  const bounded = size > LARGEST ? LARGEST : size;
  return sign === '-' ? -bounded : bounded;
}

/** digits × 10^power, rounded up. */
function scaled(digits: bigint, power: number): bigint {
  return power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power));
}

function divideUp(value: bigint, by: bigint): bigint {
  return value <= 0n ? value / by : (value + by - 1n) / by;
}

/** A map of quantities, as JSON has it. What is no quantity is left out. */
export function readNanos(json: unknown): Nanos {
  const read: Nanos = new Map();
  for (const [name, value] of Object.entries(asRecord(json))) {
    const nanos = parseNanos(value);
    if (nanos !== undefined) read.set(name, nanos);
  }
  return read;
}

export function readAmounts(json: unknown): Amounts {
  return toAmounts(readNanos(json));
}

export function toAmounts(nanos: ReadonlyMap<string, bigint>): Amounts {
  return new Map([...nanos].map(([name, value]) => [name, Number(divideUp(value, isCpu(name) ? 10n ** 6n : 10n ** 9n))]));
}

/** Also of quotas, which write `requests.cpu`. */
export function isCpu(name: string): boolean {
  return name === 'cpu' || name.endsWith('.cpu');
}

/** `left` less what is in `right`. */
export function lessAmounts(left: Amounts, right: Amounts): Amounts {
  const rest = new Map(left);
  for (const [name, value] of right) rest.set(name, (rest.get(name) ?? 0) - value);
  return rest;
}
