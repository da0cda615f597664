/** What the encoders write, read by protobufjs and by the decoders of the same folder. */
import { expect, test } from '@jest/globals';
import { loadInferenceService } from '../../proto/load.js';
import { encodeInferRequest } from '../../runtime/wire/encode-infer-request.js';
import { decodeInferRequest } from '../../runtime/wire/infer-request.js';
import { decodeInferResponse, decodeStreamResponse, encodeInferResponse, encodeStreamResponse } from '../../runtime/wire/infer-response.js';
import { joinMessage, PREFIX_BYTES } from '../../runtime/wire/wire-writer.js';
import { hasContents } from '../../runtime/wire/write-contents.js';
import { canonicalOf } from './canonical.js';
import { generateAnswer } from './generate-answer.js';
import { decodeReference } from './reference-decoder.js';

const { requestDeserialize, responseDeserialize } = loadInferenceService().ModelInfer;
const COUNT = 300;
const indices = Array.from({ length: COUNT }, (_, index) => index);

test('requests come back as they were, from protobufjs and from our own decoder', () => {
  for (const index of indices) {
    const { answer, request } = generateAnswer(3, index);
    const isTyped = request.isTyped && answer.outputs.every(({ datatype, data }) => hasContents(datatype) && data.length > 0);
    const inputs = answer.outputs.map((output) => ({ ...output, parameters: output.parameters ?? new Map() }));
    const ranked = { name: 'z', parameters: new Map([['classification', 3n]]) };
    const outputs = ['y', 'Grüße', ranked];
    const message = joinMessage(encodeInferRequest({ ...answer, id: request.id, inputs, outputs, isTyped }));
    const want = { ...answer, parameters: answer.parameters ?? new Map(), id: request.id, inputs, isTyped: isTyped && inputs.length > 0 };
    const wanted = (nanBits: 'kept' | 'plain'): string =>
      canonicalOf({ ...want, outputs: [...['y', 'Grüße'].map((name) => ({ name, parameters: new Map() })), ranked] }, nanBits);
    expect(canonicalOf(decodeInferRequest(message), 'kept')).toBe(wanted('kept'));
    const valued = [want, ...inputs].every(({ parameters }) => [...parameters.values()].every((value) => value !== undefined));
    if (valued) expect(canonicalOf(decodeReference(requestDeserialize(message)), 'plain')).toBe(wanted('plain'));
  }
});

test('responses come back as they were, framed for gRPC and without a copy of large outputs', () => {
  for (const index of indices) {
    const { answer, request } = generateAnswer(4, index);
    const encoded = encodeInferResponse(answer, request);
    const frame = Buffer.concat(encoded.chunks);
    expect(frame.length).toBe(encoded.byteLength);
    expect([frame[0], frame.readUInt32BE(1)]).toEqual([0, frame.length - PREFIX_BYTES]);
    const message = joinMessage(encoded);
    expect(message.equals(frame.subarray(PREFIX_BYTES))).toBe(true);
    const decoded = decodeInferResponse(message);
    expect(decoded).toMatchObject({ model: answer.model, version: answer.version, id: request.id, parameters: answer.parameters });
    expect(decoded.outputs.map(plain)).toEqual(answer.outputs.map(plain));
    const isTyped = request.isTyped && answer.outputs.every(({ datatype }) => hasContents(datatype));
    const theirs = responseDeserialize(message);
    expect(theirs.raw_output_contents.length).toBe(isTyped ? 0 : answer.outputs.length);
    expect(theirs.outputs.every(({ contents }) => (contents !== null) === isTyped)).toBe(true);
    expect(decodeStreamResponse(joinMessage(encodeStreamResponse(answer, request)))).toEqual({ errorMessage: '', response: decoded });
  }
});

test('a large output is handed on, and what lies around it is in one piece each', () => {
  const data = new Uint8Array(600_000);
  const outputs = [{ name: 'y', datatype: 'FP32', shape: [150_000], data }] as const;
  for (const isTyped of [false, true]) {
    const { chunks } = encodeInferResponse({ model: 'm', version: '1', outputs }, { id: '', isTyped });
    expect(chunks.length).toBe(2);
    expect(chunks[1]).toBe(data);
  }
});

test('an error of a stream has a text and keeps the id', () => {
  const { errorMessage, response } = decodeStreamResponse(
    joinMessage(encodeStreamResponse({ errorMessage: 'no model' }, { id: '7', isTyped: false })),
  );
  expect([errorMessage, response?.id]).toEqual(['no model', '7']);
  expect(decodeStreamResponse(joinMessage(encodeStreamResponse({ errorMessage: 'x' }, { id: '', isTyped: false }))).response).toBeUndefined();
});

test('a client is told what is wrong with a response', () => {
  const refused =
    (hex: string): (() => unknown) =>
    () =>
      decodeInferResponse(Buffer.from(hex, 'hex'));
  expect(refused('3201002a002a00')).toThrow('expected 2 entries in raw_output_contents, one per output in their order, but got 1');
  expect(refused('2a0412024638')).toThrow("output '' has the datatype 'F8'");
  expect(refused('0a05')).toThrow('not a valid ModelInferResponse: a length says 5 bytes, but 0 follow at byte 1');
  expect(() => decodeStreamResponse(Buffer.from('1205', 'hex'))).toThrow('not a valid ModelStreamInferResponse: ');
});

test('unknown fields of responses are skipped', () => {
  expect(decodeInferResponse(Buffer.from('4801', 'hex')).outputs).toEqual([]);
  expect(decodeStreamResponse(Buffer.from('48011202' + '4801', 'hex')).response?.model).toBe('');
});

function plain(tensor: { name: string; datatype: string; shape: readonly number[]; data: Uint8Array; parameters?: unknown }): unknown {
  return [tensor.name, tensor.datatype, tensor.shape, Buffer.from(tensor.data).toString('hex'), tensor.parameters];
}
