/** Prints what a picture says: `client.js [--address host:port] [--model reader] [--image line.png]`. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readImage } from './read-image.js';

const root = findRoot(dirname(fileURLToPath(import.meta.url)));
const values = parseOrExplain();

try {
  const proto = join(root, 'proto', 'inference.proto');
  const reading = await readImage({ ...values, proto, deadlineSeconds: 30 });
  console.log(`"${reading.text}"  (confidence ${(reading.confidence * 100).toFixed(1)} %, model ${values.model} version ${reading.modelVersion})`);
} catch (error) {
  console.error(
    `Could not read "${values.image}" with ${values.model} at ${values.address}: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exitCode = 1;
}

function parseOrExplain() {
  const options = {
    address: { type: 'string', default: 'localhost:8001' },
    model: { type: 'string', default: 'reader' },
    image: { type: 'string', default: join(root, 'examples', 'reader', 'sample.png') },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\nusage: client.js [--address host:port] [--model reader] [--image line.png]`,
    );
    process.exit(2);
  }
}

function findRoot(from: string): string {
  const parent = dirname(from);
  return existsSync(join(from, 'package.json')) || parent === from ? from : findRoot(parent);
}
