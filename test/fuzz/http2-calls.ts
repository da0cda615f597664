/** Calls of the test server's methods, frame by frame. */
import { framed } from '../../runtime/http2/test-server.js';
import { encodeHeaders, FLAG, FRAME, frame, type HeaderList } from './http2-frames.js';

/** Header block of a call of "/t/<method>". */
export function callHeaders(method: string): Buffer {
  return encodeHeaders(callFields(method));
}

export function callFields(method: string): HeaderList {
  return [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', `/t/${method}`],
    [':authority', 'x'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ];
}

export function openCall(stream: number, method: string): Buffer {
  return frame(FRAME.headers, FLAG.endHeaders, stream, callHeaders(method));
}

export function endCall(stream: number, body: Uint8Array): Buffer {
  return frame(FRAME.data, FLAG.endStream, stream, body);
}

/** A whole call of Big, whose answer is a message of so many bytes. */
export function askBig(stream: number, bytes: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes);
  return Buffer.concat([openCall(stream, 'Big'), endCall(stream, framed(size))]);
}

/** `payload` with so many bytes of padding around it; for HEADERS and DATA, with FLAG.padded (RFC 9113 §6.1). */
export function padded(payload: Uint8Array, bytes: number): Buffer {
  return Buffer.concat([Buffer.of(bytes), payload, Buffer.alloc(bytes)]);
}
