/** Plain values of a configuration → numbers and booleans, by protobuf's rules. Throws ConfigError that names field and value. */
import { ConfigError } from './config-error.js';
import type { ScalarNode } from './config-node.js';

/** Decimal, 0x… and 0… (octal), as protobuf's text has them. */
export function parseInteger(node: ScalarNode, name: string, range: { readonly min: number; readonly max: number }): number {
  const [, sign = '', digits = ''] = /^(-?)(0[xX][0-9a-fA-F]+|[0-9]+)$/.exec(node.text) ?? [];
  const isOctal = node.form !== 'Json' && /^0[0-7]+$/.test(digits);
  const value = node.form === 'String' || digits === '' ? Number.NaN : Number(`${isOctal ? '0o' : ''}${digits}`) * (sign === '' ? 1 : -1);
  if (!Number.isSafeInteger(value)) throw new ConfigError(node.place, `"${name}" is ${JSON.stringify(node.text)}: give an integer without quotes`);
  if (value < range.min || value > range.max) throw new ConfigError(node.place, `"${name}" is ${value}: give ${range.min} to ${range.max}`);
  return value === 0 ? 0 : value;
}

export function parseDecimal(node: ScalarNode, name: string): number {
  const isHex = /^-?0[xX]/.test(node.text);
  const text = isHex ? node.text : node.text.replace(/[fF]$/, '');
  const value = node.form === 'String' || text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new ConfigError(node.place, `"${name}" is ${JSON.stringify(node.text)}: give a finite number`);
  return value;
}

export function parseFlag(node: ScalarNode, name: string): boolean {
  const text = node.form === 'String' ? '' : node.text;
  if (/^(true|True|t|1)$/.test(text)) return true;
  if (/^(false|False|f|0)$/.test(text)) return false;
  throw new ConfigError(node.place, `"${name}" is ${JSON.stringify(node.text)}: give true or false`);
}
