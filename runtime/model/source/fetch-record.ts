/** slipway.json beside the model: what was verified, so that a restarted container need not fetch again. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FETCH_RECORD_FILE, MODEL_FILE } from '../../../contract/paths.js';
import { type FetchRecord, isFetchRecord } from '../../../contract/statusz.js';
import { diskWork, syncFolder } from './byte-sink.js';
import { type HashedFile, listingDigest } from './listing-digest.js';
import { refusePath } from './safe-path.js';

export async function writeFetchRecord(folder: string, record: FetchRecord): Promise<void> {
  const path = join(folder, FETCH_RECORD_FILE);
  await diskWork(path, async () => {
    await writeFile(`${path}.partial`, `${JSON.stringify(record, null, 2)}\n`);
    await rename(`${path}.partial`, path);
    await syncFolder(folder);
  });
}

/** The record in a folder, or undefined when there is none that can be read as one. */
export async function readFetchRecord(folder: string): Promise<FetchRecord | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, FETCH_RECORD_FILE), 'utf8'));
    return isFetchRecord(value) ? value : undefined;
  } catch {
    return undefined; // absent or broken: the model is fetched again
  }
}

/** The record of a model that is there already and still has its digest: the files are hashed again, disks are not trusted. */
export async function verifiedRecord(folder: string, digest: string): Promise<FetchRecord | undefined> {
  const record = await readFetchRecord(folder);
  if (record === undefined || record.digest !== digest) return undefined;
  const files = record.files ?? [{ path: MODEL_FILE, name: MODEL_FILE }];
  const hashed: HashedFile[] = [];
  for (const { path, name } of files) {
    const found = refusePath(path) === undefined ? await hashFile(join(folder, path)) : undefined;
    if (found === undefined) return undefined; // absent: fetched again
    hashed.push({ name, digest: found });
  }
  return listingDigest(hashed) === record.contentDigest ? record : undefined;
}

async function hashFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  } catch {
    return undefined;
  }
  return `sha256:${hash.digest('hex')}`;
}
