/** Compressed bodies: few are open at a time, since each may hold a whole message before the budget hears of it. */
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';

export type Inflate = (body: Buffer, limitBytes: number) => Promise<Buffer>;

const AT_ONCE = 4;

const OPEN: ReadonlyMap<string, typeof gunzip.__promisify__> = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
]);

const waiting: (() => void)[] = [];
let running = 0;

/** By Content-Encoding. It rejects with zlib's error. */
export function findInflate(encoding: string): Inflate | undefined {
  const open = OPEN.get(encoding);
  if (open === undefined) return undefined;
  return async (body, limitBytes) => {
    if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await open(body, { maxOutputLength: Math.max(1, limitBytes) });
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
