/**
 * Runs models on tensors of given shapes in a process of its own, which a kernel may end. Lines of
 * { model: base64, inputs: [{ name, type: "float32" | "int64", shape }], outputs: string[] } in; for each "ran", "refused: …" or "broken: …" out.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { loadNativeSession, PlainTensor } from '../../runtime/backend/onnx-binding.js';
import { disableTelemetry } from '../../runtime/backend/telemetry.js';

interface Line {
  readonly model: string;
  readonly inputs: readonly { readonly name: string; readonly type: 'float32' | 'int64'; readonly shape: readonly number[] }[];
  readonly outputs: readonly string[];
}

function answer({ model, inputs, outputs }: Line): string {
  let session: ReturnType<typeof loadNativeSession>;
  try {
    session = loadNativeSession({ path: '', threads: 2, providers: ['cpu'], bytes: Buffer.from(model, 'base64') }, true);
  } catch (error) {
    return `broken: ${String(error)}`;
  }
  const feeds = inputs.map(({ name, type, shape }) => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const data = type === 'int64' ? new BigInt64Array(size).fill(1n) : Float32Array.from({ length: size }, (_, index) => index / 10);
    return [name, new PlainTensor(type, data, shape)] as const;
  });
  try {
    session.run(Object.fromEntries(feeds), Object.fromEntries(outputs.map((name) => [name, null])));
    return 'ran';
  } catch (error) {
    return `refused: ${String(error)}`;
  } finally {
    session.dispose();
  }
}

disableTelemetry();
for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${answer(JSON.parse(line)).replaceAll('\n', ' ')}\n`);
