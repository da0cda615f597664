/** The command line of `slipway push`. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TERMINATION_CODES } from '../contract/termination.js';
import { describeError } from '../lib/logger.js';
import { type Credentials, NO_CREDENTIALS, pickCredentials, readSecretFiles } from '../runtime/model/source/credentials.js';
import { parseModelUri } from '../runtime/model/source/model-uri.js';
import { readCaBundle } from '../runtime/model/source/open-source.js';
import { formatBytes } from '../runtime/model/source/progress.js';
import type { Environment } from '../runtime/model/source/proxy.js';
import { redactText } from '../runtime/model/source/redact.js';
import { SourceError } from '../runtime/model/source/source-error.js';
import { splitList } from '../runtime/model/source/source-flags.js';
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

/** The folder that was named; else what `docker login` left on this machine, where it keeps no secrets in a helper. */
async function findCredentials(uri: string, folder: string | undefined, env: Environment): Promise<Credentials> {
  const parsed = parseModelUri(uri);
  if (parsed.scheme !== 'oci') return NO_CREDENTIALS;
  if (folder !== undefined) return pickCredentials(await readSecretFiles(folder), parsed.registry, parsed.repository);
  const path = join(env['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'config.json');
  const dockerConfig = await readFile(path, 'utf8').catch(() => undefined); // most machines have none
  const hint = 'no credentials were given: use --credentials, or docker login where it keeps them in its file and not in a helper';
  if (dockerConfig === undefined || !dockerConfig.includes('"auths"')) return { kind: 'anonymous', hint };
  try {
    return pickCredentials({ dockerConfig }, parsed.registry, parsed.repository);
  } catch {
    return { kind: 'anonymous', hint }; // a helper keeps them (an empty entry), or it is no file of ours to complain about
  }
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
