/** Outputs as files, for who goes on in Python. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../../lib/logger.js';
import type { Tensor } from '../../runtime/core/tensor.js';
import { nest } from '../tensors/format-tensor.js';
import { formatNpy } from '../tensors/npy.js';
import { formatElement, readElements } from '../tensors/read-elements.js';
import { UsageError } from '../usage-error.js';

/** Paths that were written. A later answer of a stream replaces an earlier one. Throws UsageError. */
export function saveOutputs(folder: string, outputs: readonly Tensor[]): string[] {
  try {
    mkdirSync(folder, { recursive: true });
    return outputs.map((output) => {
      const path = join(folder, fileNameOf(output));
      writeFileSync(path, contentOf(output));
      return path;
    });
  } catch (cause) {
    throw new UsageError(`--save "${folder}" cannot be written: ${describeError(cause)}`, { cause });
  }
}

/** Names of tensors may hold slashes and colons: `scope/y:0` → `scope_y_0.npy`. */
export function fileNameOf({ name, datatype }: Tensor): string {
  return `${name.replaceAll(/[^A-Za-z0-9_.-]/g, '_').replace(/^\.+/, '_') || '_'}.${datatype === 'BYTES' ? 'json' : 'npy'}`;
}

function contentOf(output: Tensor): string | Buffer {
  if (output.datatype !== 'BYTES') return formatNpy(output);
  const texts = readElements(output).map((element) => formatElement(element, 'BYTES'));
  return `${nest(texts, output.shape)}\n`;
}
