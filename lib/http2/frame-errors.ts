/** What is wrong with a frame, in the words that GOAWAY carries. */
import type { Buffer } from 'node:buffer';
import { ConnectionError } from './connection-error.js';
import { ErrorCode, MAX_STREAM_ID } from './protocol.js';

export function newNoSettings(): ConnectionError {
  return new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'the first frame is not SETTINGS');
}

export function newOnConnection(type: string): ConnectionError {
  return new ConnectionError(ErrorCode.PROTOCOL_ERROR, `${type} without a stream`);
}

export function newSize(type: string): ConnectionError {
  return new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, `${type} has a wrong number of bytes`);
}

export function newWindowOverflow(): ConnectionError {
  return new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, 'a window has more than 2^31-1 bytes');
}

/** What it says is ignored: priorities are deprecated. Throws ConnectionError. */
export function checkPriority(id: number, payload: Buffer): void {
  if (id === 0) throw newOnConnection('PRIORITY');
  if (payload.length !== 5) throw newSize('PRIORITY');
  if ((payload.readUInt32BE(0) & MAX_STREAM_ID) === id) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'a stream depends on itself');
}
