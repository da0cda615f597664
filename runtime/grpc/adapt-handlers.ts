/** Handlers over objects become methods over bytes, by the definition that proto-loader made of the .proto file. */
import type { Buffer } from 'node:buffer';
import { type FramedMessage, frameMessage, type UnaryMethod } from '../http2/method.js';
import { parseMessage } from './parse-message.js';

interface Definition<Request, Response> {
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (response: Response) => Buffer;
}

export function adaptUnary<Request, Response>(
  definition: Definition<Request, Response>,
  handle: (request: Request) => Response | Promise<Response>,
): [path: string, UnaryMethod] {
  const frame = (response: Response): FramedMessage => frameMessage(definition.responseSerialize(response));
  const method: UnaryMethod = {
    kind: 'unary',
    handle(message) {
      const response = handle(parseMessage(definition.requestDeserialize, message));
      return response instanceof Promise ? response.then(frame) : frame(response);
    },
  };
  return [definition.path, method];
}
