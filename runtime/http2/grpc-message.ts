/** The trailer `grpc-message`: UTF-8, where everything but printable ASCII, and "%", is percent-encoded. */
import { Buffer } from 'node:buffer';

/** Longer texts are cut: headers of clients have bounds too. */
const MAX_BYTES = 4096;
const PLAIN = /^[\x20-\x24\x26-\x7e]*$/;

export function encodeGrpcMessage(text: string): string {
  if (text.length <= MAX_BYTES && PLAIN.test(text)) return text;
  let encoded = '';
  // lone surrogates become U+FFFD, so that what is sent is UTF-8
  for (const character of text.slice(0, MAX_BYTES).toWellFormed()) {
    if (PLAIN.test(character)) encoded += character;
    else for (const byte of Buffer.from(character)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (encoded.length >= MAX_BYTES) break;
  }
  return encoded;
}
