/**
 * System shared memory (Triton's extension): regions that a client made under /dev/shm and registered by name; tensors are
 * read from and written to them. By copy and not by mapping: the copy is what keeps a client that changes the memory during
 * a run from changing anybody's answer. Who may register may name any file of /dev/shm, hence it is off unless asked for.
 */
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceError, invalidArgument } from '../core/inference-error.js';
import { LIMITS } from '../core/limits.js';
import type { Parameters, ParameterValue } from '../core/parameters.js';

export interface SharedRegion {
  readonly name: string;
  /** File under /dev/shm, with or without a slash in front. */
  readonly key: string;
  readonly offset: number;
  readonly byteSize: number;
}

/** A stretch of a region. */
export interface SharedPlace {
  readonly region: string;
  readonly offset: number;
  readonly byteSize: number;
}

export class SharedMemory {
  readonly #regions = new Map<string, SharedRegion & { readonly fd: number }>();

  constructor(readonly folder = '/dev/shm') {}

  /** All of them, or the one named. Throws InferenceError(NOT_FOUND). */
  regions(name: string): SharedRegion[] {
    return (name === '' ? [...this.#regions.values()] : [this.#get(name)]).map(({ fd: _, ...region }) => region);
  }

  /** Throws InferenceError, which names the field. */
  register(region: SharedRegion): void {
    const { name, offset, byteSize } = region;
    if (name === '') throw invalidArgument("shared memory needs a name: give the field 'name'");
    if (this.#regions.has(name)) throw new InferenceError('ALREADY_EXISTS', `shared memory region '${name}' already in manager`);
    if (this.#regions.size >= LIMITS.sharedRegions)
      throw new InferenceError('RESOURCE_EXHAUSTED', `${LIMITS.sharedRegions} shared memory regions are registered already: unregister some`);
    if (!Number.isSafeInteger(offset + byteSize) || byteSize <= 0)
      throw invalidArgument(`shared memory region '${name}' has offset ${offset} and byte_size ${byteSize}: give a size above 0`);
    this.#regions.set(name, { ...region, fd: this.#open(region) });
  }

  /** '' for all. An unknown name is no error, as with Triton. */
  unregister(name: string): void {
    for (const region of name === '' ? [...this.#regions.values()] : [this.#regions.get(name)]) {
      if (region === undefined) continue;
      this.#regions.delete(region.name);
      closeSync(region.fd);
    }
  }

  read(place: SharedPlace): Uint8Array {
    const { fd, offset } = this.#locate(place);
    const data = Buffer.allocUnsafe(place.byteSize);
    const read = readSync(fd, data, 0, place.byteSize, offset);
    if (read !== place.byteSize)
      throw invalidArgument(`shared memory region '${place.region}' ended after ${read} of ${place.byteSize} bytes: the file was made smaller`);
    return data;
  }

  write(place: SharedPlace, data: Uint8Array): void {
    const { fd, offset } = this.#locate(place);
    if (data.byteLength > place.byteSize)
      throw invalidArgument(`an output of ${data.byteLength} bytes does not fit ${place.byteSize} bytes of shared memory region '${place.region}'`);
    writeSync(fd, data, 0, data.byteLength, offset);
  }

  #open({ name, key, offset, byteSize }: SharedRegion): number {
    const file = key.startsWith('/') ? key.slice(1) : key;
    if (!/^[A-Za-z0-9_.-]{1,255}$/.test(file) || file === '.' || file === '..')
      throw invalidArgument(
        `shared memory region '${name}' has key '${key.slice(0, 64)}': give the name of a file in ${this.folder}, without a folder`,
      );
    let fd: number;
    try {
      fd = openSync(join(this.folder, file), constants.O_RDWR | constants.O_NOFOLLOW);
    } catch (cause) {
      throw new InferenceError(
        'INVALID_ARGUMENT',
        `Unable to open shared memory region: '${name}': no file '${file}' that this server may read and write`,
        {
          cause,
        },
      );
    }
    const stat = fstatSync(fd);
    if (stat.isFile() && stat.size >= offset + byteSize) return fd;
    closeSync(fd);
    throw invalidArgument(`failed to register shared memory region '${name}': '${file}' has ${stat.size} bytes, fewer than offset + byte_size`);
  }

  #locate({ region, offset, byteSize }: SharedPlace): { fd: number; offset: number } {
    const found = this.#get(region);
    if (offset + byteSize > found.byteSize)
      throw invalidArgument(
        `shared memory region '${region}' has ${found.byteSize} bytes, but offset ${offset} and byte_size ${byteSize} were asked for`,
      );
    return { fd: found.fd, offset: found.offset + offset };
  }

  #get(name: string): SharedRegion & { readonly fd: number } {
    const region = this.#regions.get(name);
    if (region === undefined) throw new InferenceError('NOT_FOUND', `Unable to find shared memory region: '${name}'`);
    return region;
  }
}

/** Where a tensor's parameters say that it lies; undefined when it is in the message. Throws InferenceError(INVALID_ARGUMENT). */
export function readSharedPlace(what: string, parameters: Parameters): SharedPlace | undefined {
  if (parameters.size === 0) return undefined;
  const region = parameters.get('shared_memory_region');
  if (region === undefined) return undefined;
  if (typeof region !== 'string') throw invalidArgument(`parameter 'shared_memory_region' of ${what} is not a text`);
  return {
    region,
    offset: readSize(what, 'shared_memory_offset', parameters.get('shared_memory_offset') ?? 0n),
    byteSize: readSize(what, 'shared_memory_byte_size', parameters.get('shared_memory_byte_size')),
  };
}

function readSize(what: string, name: string, value: ParameterValue): number {
  const size = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw invalidArgument(`parameter '${name}' of ${what} is ${String(value)}: give a number of bytes`);
}
