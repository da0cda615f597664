/** Every datatype's tensors, typed and raw, over many seeds: what goes in comes out, and broken bytes are refused, not read. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { InferTensorContents__Output } from '../../proto/gen/inference/InferTensorContents.js';
import { joinBytesElements, splitBytesElements } from '../../runtime/core/bytes-elements.js';
import { DATATYPES, type Datatype, isDatatype } from '../../runtime/core/datatype.js';
import { decodeContents, encodeContents } from '../../runtime/grpc/typed-contents.js';
import { LONG_TEST_TIMEOUT_MS, longParameters } from './parameters.js';

const EMPTY: InferTensorContents__Output = {
  bool_contents: [],
  int_contents: [],
  int64_contents: [],
  uint_contents: [],
  uint64_contents: [],
  fp32_contents: [],
  fp64_contents: [],
  bytes_contents: [],
};

type TypedDatatype = Exclude<Datatype, 'FP16'>;

const TYPED = Object.keys(DATATYPES).filter((name): name is TypedDatatype => isDatatype(name) && name !== 'FP16');

/** Raw bytes of some elements, at any offset of their buffer, as a view of a gRPC message is. */
function rawOf(datatype: TypedDatatype): fc.Arbitrary<Uint8Array> {
  const size = DATATYPES[datatype].size;
  const data =
    size === undefined
      ? fc.array(fc.uint8Array({ maxLength: 50 })).map(joinBytesElements)
      : fc
          .array(fc.uint8Array({ minLength: size, maxLength: size }).filter((bytes) => isPlain(datatype, bytes)))
          .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
  return fc.tuple(data, fc.nat(7)).map(([bytes, offset]) => {
    const moved = new Uint8Array(offset + bytes.byteLength);
    moved.set(bytes, offset);
    return moved.subarray(offset);
  });
}

/** A bool is 0 or 1, and of the many NaNs JavaScript keeps one: other bits need not come back. */
function isPlain(datatype: Datatype, bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (datatype === 'BOOL') return view.getUint8(0) <= 1;
  if (datatype === 'FP32') return !Number.isNaN(view.getFloat32(0, true));
  return datatype !== 'FP64' || !Number.isNaN(view.getFloat64(0, true));
}

describe('tensors', () => {
  test.each(TYPED)(
    '%s comes back from its typed form bit by bit',
    (datatype) => {
      const property = fc.property(rawOf(datatype), (raw) => {
        const contents: InferTensorContents__Output = { ...EMPTY };
        Object.assign(contents, decodeContents(datatype, raw));
        expect(Buffer.from(encodeContents('x', datatype, contents)).equals(raw)).toBe(true);
      });
      fc.assert(property, longParameters());
    },
    LONG_TEST_TIMEOUT_MS,
  );

  test(
    'BYTES with bits flipped are split within their bounds or refused',
    () => {
      const property = fc.property(rawOf('BYTES'), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }), (raw, flips) => {
        const broken = Uint8Array.from(raw);
        for (const [at, value] of flips) if (broken.length > 0) broken[at % broken.length] = value;
        const split = splitBytesElements(broken);
        if (typeof split === 'string') expect(split).toMatch(/^element \d+ /);
        else expect(joinBytesElements(split)).toEqual(broken);
      });
      fc.assert(property, longParameters());
    },
    LONG_TEST_TIMEOUT_MS,
  );
});
