/** A message through proto-loader. What is no protobuf was made by the client: INVALID_ARGUMENT, not INTERNAL. */
import type { Buffer } from 'node:buffer';
import { toError } from '../../lib/errors.js';
import { RpcError } from '../http2/rpc-error.js';

export function parseMessage<Message>(deserialize: (bytes: Buffer) => Message, bytes: Buffer): Message {
  try {
    return deserialize(bytes);
  } catch (cause) {
    throw new RpcError('INVALID_ARGUMENT', `request is not a message of this method: Error deserializing request: ${toError(cause).message}`, {
      cause,
    });
  }
}
