/**
 * What proto-loader writes into a FileDescriptorProto otherwise than protoc does, mended in its bytes. It names the hidden
 * message of a map field after the field alone ("Properties"); protoc, and Go's reflection clients, which refuse anything
 * else, call it "PropertiesEntry". And json_name, which protoc always gives, is missing or not "modelName": grpcurl would
 * print "model_name" of an answer with reflection, and "modelName" with the .proto file.
 */
import { Buffer } from 'node:buffer';
import { MAX_DEPTH, WIRE, WireReader } from '../wire/wire-reader.js';

const FILE_MESSAGE = 4;
const MESSAGE = { name: 1, field: 2, nested: 3, options: 7 } as const;
const FIELD = { name: 1, typeName: 6, jsonName: 10 } as const;
/** MessageOptions.map_entry = true: field 7, varint 1. */
const MAP_ENTRY = Buffer.from([7 << 3, 1]);

/** One field of a message as it lies on the wire; `content` is that of strings and messages. */
interface Part {
  readonly number: number;
  readonly whole: Buffer;
  readonly content: Buffer | undefined;
}

export function mendDescriptor(file: Buffer): Buffer {
  return rewrite(file, (part) => (part.number === FILE_MESSAGE && part.content !== undefined ? mendMessage(part.content) : undefined));
}

function mendMessage(message: Buffer): Buffer {
  const parts = split(message);
  const entries = new Set(parts.flatMap((part) => (part.number === MESSAGE.nested && isMapEntry(part.content) ? [nameOf(part.content)] : [])));
  return rewrite(message, ({ number, content }) => {
    if (content === undefined) return undefined;
    if (number === MESSAGE.field) return mendField(content, entries);
    if (number !== MESSAGE.nested) return undefined;
    return isMapEntry(content) ? replaceText(content, MESSAGE.name, toEntryName(nameOf(content))) : mendMessage(content);
  });
}

/** A map field has the name of its entry, but for the first letter. */
function mendField(field: Buffer, entries: ReadonlySet<string>): Buffer {
  const typeName = String(split(field).find((part) => part.number === FIELD.typeName)?.content ?? '');
  const isMap = entries.has(typeName) && typeName.toLowerCase() === nameOf(field).toLowerCase();
  const mended = isMap ? replaceText(field, FIELD.typeName, toEntryName(typeName)) : field;
  const others = split(mended).flatMap(({ number, whole }) => (number === FIELD.jsonName ? [] : [whole]));
  return Buffer.concat([...others, encodeText(FIELD.jsonName, toJsonName(nameOf(field)))]);
}

/** As protoc does it: "Model_parameters" becomes "ModelParametersEntry". */
function toEntryName(name: string): string {
  return `${name.replace(/(?:^|_)(.)/g, (_all, letter: string) => letter.toUpperCase())}Entry`;
}

/** As protoc does it: "model_name" becomes "modelName". */
function toJsonName(name: string): string {
  return name.replace(/_(.?)/g, (_all, letter: string) => letter.toUpperCase());
}

function isMapEntry(message: Buffer | undefined): message is Buffer {
  return message !== undefined && split(message).some((part) => part.number === MESSAGE.options && part.content?.includes(MAP_ENTRY) === true);
}

function nameOf(message: Buffer): string {
  return String(split(message).find((part) => part.number === MESSAGE.name)?.content ?? '');
}

function replaceText(message: Buffer, number: number, text: string): Buffer {
  return rewrite(message, (part) => (part.number === number ? Buffer.from(text) : undefined));
}

/** `change` gives new content for a part, or undefined to leave it. */
function rewrite(message: Buffer, change: (part: Part) => Buffer | undefined): Buffer {
  return Buffer.concat(
    split(message).map((part) => {
      const content = change(part);
      return content === undefined ? part.whole : encodeText(part.number, content);
    }),
  );
}

function split(message: Buffer): Part[] {
  const reader = new WireReader(message, 'descriptor');
  const parts: Part[] = [];
  while (reader.pos < reader.end) {
    const start = reader.pos;
    const tag = reader.readTag();
    let content: Buffer | undefined;
    if ((tag & 7) === WIRE.bytes) {
      const length = reader.readLength();
      const at = reader.pos;
      reader.jump(length, at);
      content = message.subarray(at, at + length);
    } else reader.skip(tag, MAX_DEPTH);
    parts.push({ number: tag >>> 3, whole: message.subarray(start, reader.pos), content });
  }
  return parts;
}

function encodeText(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([encodeVarint((number << 3) | WIRE.bytes), encodeVarint(bytes.length), bytes]);
}

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
