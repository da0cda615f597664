/** The command line of `slipway push`. */
import { parseArgs } from 'node:util';
import { TERMINATION_CODES } from '../contract/termination.js';
import { describeError } from '../lib/logger.js';
import { readCaBundle } from '../runtime/model/source/open-source.js';
import { formatBytes } from '../runtime/model/source/progress.js';
import type { Environment } from '../runtime/model/source/proxy.js';
import { redactText } from '../runtime/model/source/redact.js';
import { SourceError } from '../runtime/model/source/source-error.js';
import { splitList } from '../runtime/model/source/source-flags.js';
import { findCredentials } from './find-credentials.js';
import { pushModel } from './push.js';

export const PUSH_USAGE = `slipway push MODEL.onnx oci://REGISTRY[:PORT]/REPOSITORY[:TAG] [flags]
  --plain-http HOST[:PORT],…   registries that are spoken to without TLS
  --credentials DIR            folder with .dockerconfigjson, or username and password, or token (default: Docker's login)
  --ca-bundle FILE             PEM file of a private certificate authority
  --chunk-size MIB             upload in requests of this size, for registries behind a proxy that limits them`;

export async function runPush(argv: readonly string[], env: Environment): Promise<number> {
  try {
    const { model, uri, flags } = parsePush(argv);
    const pushed = await pushModel({
      model,
      uri,
      env,
      plainHttp: splitList(flags['plain-http']),
      credentials: await findCredentials(uri, flags.credentials, env),
      upload: { onBytes: progressLine(), ...(flags['chunk-size'] === undefined ? {} : { chunkBytes: parseChunkSize(flags['chunk-size']) }) },
      ...(flags['ca-bundle'] === undefined ? {} : { caBundle: await readCaBundle(flags['ca-bundle']) }),
    });
    console.error(`${pushed.uploaded ? 'Pushed' : 'The registry has'} ${formatBytes(pushed.bytes)}; spec.model.uri is:`);
    console.log(pushed.uri);
    return 0;
  } catch (error) {
    console.error(redactText(describeError(error)));
    return TERMINATION_CODES[error instanceof SourceError ? error.code : 'INTERNAL'].exit;
  }
}

function parsePush(argv: readonly string[]) {
  try {
    const options = {
      'plain-http': { type: 'string' },
      credentials: { type: 'string' },
      'ca-bundle': { type: 'string' },
      'chunk-size': { type: 'string' },
    } as const;
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const [model, uri, ...more] = positionals;
    if (model === undefined || uri === undefined || more.length > 0) throw new Error('a model file and a target are needed');
    return { model, uri, flags: values };
  } catch (cause) {
    throw new SourceError('USAGE', `${describeError(cause)}\n${PUSH_USAGE}`);
  }
}

function parseChunkSize(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new SourceError('USAGE', `--chunk-size "${text}" must be a number of MiB from 1 to 9999`);
  return Number(text) << 20;
}

/** At most one line a second, on stderr: stdout is for the uri. */
function progressLine(): (bytes: number) => void {
  let toldAt = performance.now();
  return (bytes) => {
    if (performance.now() - toldAt < 1000) return;
    toldAt = performance.now();
    console.error(`  ${formatBytes(bytes)} sent`);
  };
}
