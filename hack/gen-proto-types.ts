/** Generates proto/gen/ (types only) from proto/*.proto, with the flags that every loader uses. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findProtoFolder } from '../proto/load.js';
import { PROTO_OPTIONS } from '../proto/options.js';

export async function generateProtoTypes(): Promise<void> {
  const proto = findProtoFolder();
  const out = join(proto, 'gen');
  const files = readdirSync(proto)
    .filter((name) => name.endsWith('.proto') && declaresService(join(proto, name)))
    .sort();
  const loader = dirname(createRequire(import.meta.url).resolve('@grpc/proto-loader/package.json'));
  const generator = join(loader, 'build', 'bin', 'proto-loader-gen-types.js');
  rmSync(out, { recursive: true, force: true });
  const fixed = ['--grpcLib', '@grpc/grpc-js', '--importFileExtension', '.js', '-I', 'proto', '-O', join('proto', 'gen')];
  // The working directory is the root: the generator writes the path it was given into each file.
  await promisify(execFile)(process.execPath, [generator, ...computeFlags(), ...fixed, '--', ...files], { cwd: dirname(proto) });
}

/** What a service imports is generated with it; for a file without one the generator writes an index that does not compile. */
function declaresService(path: string): boolean {
  return /^service /m.test(readFileSync(path, 'utf8'));
}

/** `proto-loader-gen-types` takes booleans as switches and constructors by name. */
function computeFlags(): string[] {
  return Object.entries(PROTO_OPTIONS).flatMap(([name, value]) => {
    if (typeof value === 'function') return [`--${name}`, value.name];
    return value ? [`--${name}`] : [];
  });
}
