/** grpc.reflection v1 and v1alpha: grpcurl and the like ask what is served instead of being given .proto files. */

import type { ServerReflectionRequest__Output } from '../../proto/gen/grpc/reflection/v1/ServerReflectionRequest.js';
import type { ServerReflectionResponse } from '../../proto/gen/grpc/reflection/v1/ServerReflectionResponse.js';
import { loadFileDescriptors, loadReflectionService } from '../../proto/load.js';
import { frameMessage, type Method } from '../http2/method.js';
import { RPC_CODES } from '../http2/rpc-error.js';
import type { ServerCall } from '../http2/server-call.js';
import { type DescribedFile, describeFile } from './descriptor-index.js';
import { parseMessage } from './parse-message.js';

/** The same messages in both; older tools know the second only. */
const PATHS = [
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
] as const;

export function newReflectionMethods(): [string, Method][] {
  const { requestDeserialize, responseSerialize } = loadReflectionService().ServerReflectionInfo;
  const reflection = new Reflection(loadFileDescriptors().map(describeFile));
  const method: Method = {
    kind: 'stream',
    requests: 'many',
    maxInFlight: 1,
    open: (call: ServerCall) => ({
      onMessage: (message) => {
        const request = parseMessage(requestDeserialize, message);
        call.send(frameMessage(responseSerialize({ valid_host: request.host, original_request: request, ...reflection.answer(request) })));
      },
      onHalfClose: () => call.end('OK'),
      onEnd: () => undefined,
    }),
  };
  return PATHS.map((path) => [path, method]);
}

export class Reflection {
  constructor(readonly files: readonly DescribedFile[]) {}

  answer(request: ServerReflectionRequest__Output): ServerReflectionResponse {
    switch (request.message_request) {
      case 'list_services':
        return { list_services_response: { service: this.files.flatMap((file) => file.services.map((name) => ({ name }))).sort(byName) } };
      case 'file_by_filename':
        return this.#answerFile(
          this.files.find((file) => file.name === request.file_by_filename),
          `File not found: ${request.file_by_filename}`,
        );
      case 'file_containing_symbol':
        return this.#answerFile(
          this.files.find((file) => file.symbols.includes(request.file_containing_symbol ?? '')),
          `Symbol not found: ${request.file_containing_symbol}`,
        );
      case 'all_extension_numbers_of_type':
        return refuse('NOT_FOUND', `${request.all_extension_numbers_of_type} has no extensions: proto3 has none`);
      case 'file_containing_extension':
        return refuse('NOT_FOUND', 'there are no extensions: proto3 has none');
      default:
        return refuse('INVALID_ARGUMENT', 'message_request is empty: name a file or a symbol, or list the services');
    }
  }

  #answerFile(file: DescribedFile | undefined, otherwise: string): ServerReflectionResponse {
    if (file === undefined) return refuse('NOT_FOUND', otherwise);
    return { file_descriptor_response: { file_descriptor_proto: this.#withDependencies(file).map(({ bytes }) => bytes) } };
  }

  /** The file first, then what it imports and what that imports, each once. */
  #withDependencies(file: DescribedFile): DescribedFile[] {
    const found = new Set([file]);
    for (const one of found) {
      for (const name of one.dependencies) {
        const dependency = this.files.find((other) => other.name === name);
        if (dependency !== undefined) found.add(dependency);
      }
    }
    return [...found];
  }
}

function refuse(code: 'NOT_FOUND' | 'INVALID_ARGUMENT', message: string): ServerReflectionResponse {
  return { error_response: { error_code: RPC_CODES[code], error_message: message } };
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
