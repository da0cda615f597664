/** SETTINGS of a client: RFC 9113, section 6.5. */
import type { Buffer } from 'node:buffer';
import { ConnectionError } from './connection-error.js';
import { DEFAULTS, ErrorCode, MAX_FRAME_BYTES, MAX_WINDOW_BYTES, Setting } from './protocol.js';

const PAIR_BYTES = 6;
/** There are not ten that anybody knows. */
const MAX_PAIRS = 32;

/** Ids and values in their order, also those that nobody knows. Throws ConnectionError for values that are not allowed. */
export function readSettings(payload: Buffer): (readonly [id: number, value: number])[] {
  if (payload.length % PAIR_BYTES !== 0) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, 'SETTINGS is not a multiple of 6 bytes');
  if (payload.length > MAX_PAIRS * PAIR_BYTES) throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, `SETTINGS has more than ${MAX_PAIRS} values`);
  const pairs: (readonly [number, number])[] = [];
  for (let at = 0; at < payload.length; at += PAIR_BYTES) {
    const id = payload.readUInt16BE(at);
    const value = payload.readUInt32BE(at + 2);
    check(id, value);
    pairs.push([id, value]);
  }
  return pairs;
}

function check(id: number, value: number): void {
  if (id === Setting.ENABLE_PUSH && value > 1) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, `ENABLE_PUSH is ${value}`);
  if (id === Setting.INITIAL_WINDOW_SIZE && value > MAX_WINDOW_BYTES) {
    throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, `INITIAL_WINDOW_SIZE is ${value}`);
  }
  if (id === Setting.MAX_FRAME_SIZE && (value < DEFAULTS.frameBytes || value > MAX_FRAME_BYTES)) {
    throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, `MAX_FRAME_SIZE is ${value}`);
  }
}
