/** Which file declares a symbol, read from the descriptors' own bytes; field numbers are those of google/protobuf/descriptor.proto. */
import { Buffer } from 'node:buffer';
import { MAX_DEPTH, WIRE, WireReader } from '../wire/wire-reader.js';
import { mendDescriptor } from './mend-descriptor.js';

export interface DescribedFile {
  readonly name: string;
  /** FileDescriptorProto. */
  readonly bytes: Buffer;
  readonly dependencies: readonly string[];
  /** Full names of messages, enums, services and methods. */
  readonly symbols: readonly string[];
  readonly services: readonly string[];
}

const FILE = { name: 1, package: 2, dependency: 3, message: 4, enum: 5, service: 6 } as const;
const MESSAGE = { name: 1, nested: 3, enum: 4 } as const;
const SERVICE = { name: 1, method: 2 } as const;

/** Fields of one message that are strings or messages, by number. */
type Fields = ReadonlyMap<number, readonly Buffer[]>;

export function describeFile(bytes: Uint8Array): DescribedFile {
  const buffer = mendDescriptor(Buffer.from(bytes));
  const fields = readFields(buffer);
  const scope = text(fields, FILE.package);
  const services = all(fields, FILE.service).map(readFields);
  return {
    name: text(fields, FILE.name),
    bytes: buffer,
    dependencies: all(fields, FILE.dependency).map(String),
    symbols: [
      ...all(fields, FILE.message).flatMap((message) => messageSymbols(message, scope)),
      ...all(fields, FILE.enum).map((one) => join(scope, text(readFields(one), 1))),
      ...services.flatMap((service) => serviceSymbols(service, scope)),
    ],
    services: services.map((service) => join(scope, text(service, SERVICE.name))),
  };
}

function messageSymbols(bytes: Buffer, scope: string): string[] {
  const fields = readFields(bytes);
  const name = join(scope, text(fields, MESSAGE.name));
  return [
    name,
    ...all(fields, MESSAGE.nested).flatMap((nested) => messageSymbols(nested, name)),
    ...all(fields, MESSAGE.enum).map((one) => join(name, text(readFields(one), 1))),
  ];
}

function serviceSymbols(service: Fields, scope: string): string[] {
  const name = join(scope, text(service, SERVICE.name));
  return [name, ...all(service, SERVICE.method).map((method) => join(name, text(readFields(method), 1)))];
}

function readFields(bytes: Buffer): Fields {
  const reader = new WireReader(bytes, 'descriptor');
  const fields = new Map<number, Buffer[]>();
  while (reader.pos < reader.end) {
    const tag = reader.readTag();
    if ((tag & 7) !== WIRE.bytes) {
      reader.skip(tag, MAX_DEPTH);
      continue;
    }
    const length = reader.readLength();
    const start = reader.pos;
    reader.jump(length, start);
    const values = fields.get(tag >>> 3) ?? [];
    values.push(bytes.subarray(start, start + length));
    fields.set(tag >>> 3, values);
  }
  return fields;
}

function all(fields: Fields, number: number): readonly Buffer[] {
  return fields.get(number) ?? [];
}

function text(fields: Fields, number: number): string {
  return String(all(fields, number)[0] ?? '');
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}
