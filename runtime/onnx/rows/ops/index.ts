/** Which transfer function an operator has. What is not here is refused as soon as rows touch it. */
import { ARRANGE } from './arrange.js';
import { CLASSIC } from './classic.js';
import { CONVOLUTION, CONVOLUTION_FUSED } from './convolution.js';
import { EINSUM } from './einsum.js';
import { ELEMENTWISE, ELEMENTWISE_FUSED } from './elementwise.js';
import { GATHER } from './gather.js';
import { MATMUL, MATMUL_FUSED } from './matmul.js';
import { RECURRENT } from './recurrent.js';
import { REDUCTION } from './reduction.js';
import { RESHAPE } from './reshape.js';
import type { Transfer, TransferTable } from './transfer.js';
import { TRANSFORMER } from './transformer.js';

const DOMAINS: Readonly<Record<string, TransferTable>> = {
  '': { ...ELEMENTWISE, ...MATMUL, ...CONVOLUTION, ...REDUCTION, ...RESHAPE, ...ARRANGE, ...GATHER, ...RECURRENT, ...EINSUM },
  'ai.onnx.ml': CLASSIC,
  'com.microsoft': { ...ELEMENTWISE_FUSED, ...MATMUL_FUSED, ...CONVOLUTION_FUSED, ...TRANSFORMER },
};

export function findTransfer(domain: string, opType: string): Transfer | undefined {
  const table = DOMAINS[domain];
  if (table !== undefined && Object.hasOwn(table, opType)) return table[opType];
  return undefined;
}

/** Why an operator that people meet has no transfer function: said in place of "is not known". */
export const KNOWN_TO_MIX: Readonly<Record<string, string>> = {
  DynamicQuantizeLinear: 'takes one scale from the values of the whole batch',
  DynamicQuantizeMatMul: 'takes one scale from the values of the whole batch',
  DynamicQuantizeLSTM: 'takes one scale from the values of the whole batch',
  NonMaxSuppression: 'numbers its results through the whole batch',
  NonZero: 'numbers its results through the whole batch',
  Unique: 'compares the elements of the whole batch',
  Compress: 'makes a size that depends on the rows',
  MaxUnpool: 'takes indices that count over the whole batch',
};
