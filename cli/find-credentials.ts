/** Credentials of whoever sits at this machine: the folder that was named, else the login of Docker. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Credentials, NO_CREDENTIALS, pickCredentials, readSecretFiles } from '../runtime/model/source/credentials.js';
import { parseModelUri } from '../runtime/model/source/model-uri.js';
import type { Environment } from '../runtime/model/source/proxy.js';

/** The folder that was named; else what `docker login` left on this machine, where it keeps no secrets in a helper. */
export async function findCredentials(uri: string, folder: string | undefined, env: Environment): Promise<Credentials> {
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
