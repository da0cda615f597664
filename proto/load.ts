/** Service definitions from the .proto files, which stay beside package.json: the compiler does not copy them. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { type AnyDefinition, type EnumTypeDefinition, loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import type { HealthDefinition } from './gen/grpc/health/v1/Health.js';
import type { ServerReflectionDefinition } from './gen/grpc/reflection/v1/ServerReflection.js';
import type { ProtoGrpcType as HealthProto } from './gen/health.js';
import type { GRPCInferenceServiceDefinition } from './gen/inference/GRPCInferenceService.js';
import type { ProtoGrpcType as InferenceProto } from './gen/inference.js';
import type { ProtoGrpcType as ReflectionProto } from './gen/reflection.js';
import { PROTO_OPTIONS } from './options.js';

/** Folder of the .proto files, found by walking up to package.json: it works from the sources, from dist/ and in images. */
export function findProtoFolder(from: string = dirname(fileURLToPath(import.meta.url))): string {
  if (existsSync(join(from, 'package.json'))) return join(from, 'proto');
  const parent = dirname(from);
  if (parent === from) throw new Error('No folder above holds package.json: proto/ cannot be found');
  return findProtoFolder(parent);
}

export function loadInferenceService(): GRPCInferenceServiceDefinition {
  return load<InferenceProto>('inference.proto').inference.GRPCInferenceService.service;
}

export function loadHealthService(): HealthDefinition {
  return load<HealthProto>('health.proto').grpc.health.v1.Health.service;
}

export function loadReflectionService(): ServerReflectionDefinition {
  return load<ReflectionProto>('reflection.proto').grpc.reflection.v1.ServerReflection.service;
}

/**
 * FileDescriptorProtos of everything that is served, for reflection. proto-loader makes one file of each package, whatever the
 * .proto files were.
 */
export function loadFileDescriptors(): Uint8Array[] {
  const files = ['inference.proto', 'health.proto', 'reflection.proto'].flatMap((file) => {
    const definitions = Object.values(loadSync(join(findProtoFolder(), file), PROTO_OPTIONS));
    return definitions.flatMap((definition) => (isType(definition) ? definition.fileDescriptorProtos : []));
  });
  const seen = new Map(files.map((bytes) => [bytes.toString('base64'), bytes]));
  return [...seen.values()];
}

function isType(definition: AnyDefinition): definition is MessageTypeDefinition<object, object> | EnumTypeDefinition {
  return 'fileDescriptorProtos' in definition && Array.isArray(definition.fileDescriptorProtos);
}

/** The one place where a loaded definition meets its generated type: both come from the same file and flags. */
function load<Proto>(file: string): Proto {
  const definition = loadSync(join(findProtoFolder(), file), PROTO_OPTIONS);
  return loadPackageDefinition(definition) as unknown as Proto;
}
