/** Edits on the wire: fields are replaced, dropped or added, and every other byte stays what and where it was, fields unknown to us included. */
import { WIRE, WireReader } from '../wire-reader.js';

/** Pieces of a message in order; views of the file, except where it changes. */
export type Pieces = readonly Uint8Array[];

/** What becomes of one field: undefined keeps it, pieces (whole fields, with tags) take its place. */
export type FieldEdit = (field: number, payload: Uint8Array) => Pieces | undefined;

/** `edit` is asked about each field with a length; `added` comes at the end. */
export function spliceMessage(data: Uint8Array, what: string, edit: FieldEdit, added: Pieces = []): Pieces {
  const reader = new WireReader(data, what);
  const pieces: Uint8Array[] = [];
  let kept = 0;
  while (reader.next()) {
    const start = reader.fieldStart;
    if (reader.wire !== WIRE.bytes) {
      reader.skip();
      continue;
    }
    const changed = edit(reader.field, reader.bytes());
    if (changed === undefined) continue;
    pieces.push(data.subarray(kept, start), ...changed);
    kept = reader.position;
  }
  return [...pieces, data.subarray(kept), ...added];
}

/** A message whose number `field` is `value` and occurs once; the others stay. */
export function withNumber(data: Uint8Array, what: string, { field, value }: { readonly field: number; readonly value: number }): Pieces {
  const reader = new WireReader(data, what);
  const pieces: Uint8Array[] = [];
  let kept = 0;
  while (reader.next()) {
    const start = reader.fieldStart;
    reader.skip();
    if (reader.field !== field || reader.wire !== WIRE.varint) continue;
    pieces.push(data.subarray(kept, start));
    kept = reader.position;
  }
  return [...numberField(field, value), ...pieces, data.subarray(kept)];
}

/** A field with a length, around pieces. */
export function lengthDelimited(field: number, pieces: Pieces): Pieces {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [Uint8Array.from([...varint(field * 8 + WIRE.bytes), ...varint(length)]), ...pieces];
}

export function textField(field: number, text: string): Pieces {
  return lengthDelimited(field, [ENCODER.encode(text)]);
}

/** For enums, sizes and other numbers from 0 to 2^53. */
export function numberField(field: number, value: number): Pieces {
  return [Uint8Array.from([...varint(field * 8 + WIRE.varint), ...varint(value)])];
}

/** The one copy of an edit. */
export function join(pieces: Pieces): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

const ENCODER = new TextEncoder();

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
