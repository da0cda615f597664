/** Calls of the test server's methods, frame by frame. */
import { encodeHeaders, FLAG, FRAME, frame } from './http2-frames.js';

/** Header block of a call of "/t/<method>". */
export function callHeaders(method: string): Buffer {
  return encodeHeaders([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', `/t/${method}`],
    [':authority', 'x'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ]);
}

export function openCall(stream: number, method: string): Buffer {
  return frame(FRAME.headers, FLAG.endHeaders, stream, callHeaders(method));
}

export function endCall(stream: number, body: Uint8Array): Buffer {
  return frame(FRAME.data, FLAG.endStream, stream, body);
}

/** `payload` with so many bytes of padding around it; for HEADERS and DATA, with FLAG.padded (RFC 9113 §6.1). */
export function padded(payload: Uint8Array, bytes: number): Buffer {
  return Buffer.concat([Buffer.of(bytes), payload, Buffer.alloc(bytes)]);
}
