/** Reads generated messages with the hand-written decoder and holds them against the other two. */
import { decodeInferRequest } from '../../runtime/wire/infer-request.js';
import { canonicalOf, type Decoded, type NanBits, refusalOf } from './canonical.js';
import { type GeneratedMessage, generateMessage } from './generate-message.js';
import { readWithPython } from './python-oracle.js';
import { decodeReference, parseWithProtobufjs } from './reference-decoder.js';

export interface Comparison {
  readonly messages: number;
  readonly accepted: number;
  readonly refusedAsProtobuf: number;
  readonly refusedForMeaning: number;
  /** How many of them the other decoder had a say on. */
  readonly compared: number;
  /** Of Python: taken by both, but with an entry of a map that only upb sets aside. */
  readonly entriesSetAside: number;
  /** The first ten that differ, each with what repeats it. */
  readonly differences: readonly string[];
}

const SHOWN = 10;

/** Against protobufjs, whole error messages included; a message that protobufjs is known to misread only has to do no harm. */
export function compareWithProtobufjs(seed: number, from: number, count: number): Comparison {
  const tally = new Tally();
  for (let index = from; index < from + count; index++) {
    const message = generateMessage(seed, index);
    const own = readOwn(message.bytes, 'plain');
    if (!message.isForProtobufjs) tally.add(own);
    else tally.compare(own, own.text, readReference(message.bytes), { seed, index, message });
  }
  return tally.result();
}

/** Against Python's protobuf: every message. */
export async function compareWithPython(python: string, seed: number, from: number, count: number): Promise<Comparison> {
  const messages = Array.from({ length: count }, (_, offset) => generateMessage(seed, from + offset));
  const lines = await readWithPython(
    python,
    messages.map(({ bytes }) => bytes),
  );
  const tally = new Tally();
  for (const [offset, message] of messages.entries()) {
    const own = readOwn(message.bytes, 'kept');
    const line = lines[offset] ?? '';
    if (line === '"entry"' && own.kind !== 'protobuf') tally.setAside(own);
    else tally.compare(own, own.kind === 'accepted' ? own.text : JSON.stringify(own.kind), line, { seed, index: from + offset, message });
  }
  return tally.result();
}

interface Reading {
  readonly kind: 'accepted' | 'protobuf' | 'meaning';
  /** Canonical form, or the error's message. */
  readonly text: string;
}

function readOwn(bytes: Buffer, nanBits: NanBits): Reading {
  let decoded: Decoded;
  try {
    decoded = decodeInferRequest(bytes);
  } catch (error) {
    const { kind, message } = refusalOf(error);
    return { kind, text: message };
  }
  return { kind: 'accepted', text: canonicalOf(decoded, nanBits) };
}

function readReference(bytes: Buffer): string {
  const message = parseWithProtobufjs(bytes); // what it is asked to read is well-formed: an error is a fault of the test
  try {
    return canonicalOf(decodeReference(message), 'plain');
  } catch (error) {
    return refusalOf(error).message;
  }
}

class Tally {
  readonly #counts = { accepted: 0, protobuf: 0, meaning: 0 };
  readonly #differences: string[] = [];
  #compared = 0;
  #setAside = 0;

  add({ kind }: Reading): void {
    this.#counts[kind]++;
  }

  setAside(own: Reading): void {
    this.add(own);
    this.#setAside++;
  }

  compare(own: Reading, got: string, want: string, at: { seed: number; index: number; message: GeneratedMessage }): void {
    this.add(own);
    this.#compared++;
    if (got === want || this.#differences.length >= SHOWN) return;
    const { seed, index, message } = at;
    this.#differences.push(
      `message ${index} of seed ${seed} (${message.kind}) ${message.bytes.toString('hex')}\n  ours:  ${own.kind} ${own.text}\n  other: ${want}`,
    );
  }

  result(): Comparison {
    const { accepted, protobuf, meaning } = this.#counts;
    return {
      messages: accepted + protobuf + meaning,
      accepted,
      refusedAsProtobuf: protobuf,
      refusedForMeaning: meaning,
      compared: this.#compared,
      entriesSetAside: this.#setAside,
      differences: this.#differences,
    };
  }
}
