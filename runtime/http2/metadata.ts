/** What a client sends beside its message. Nothing is converted before somebody asks. */
import { Buffer } from 'node:buffer';
import type { HeaderList } from '../../lib/http2/hpack/header-list.js';

export class Metadata {
  constructor(readonly headers: HeaderList) {}

  /** Values of a repeated key come joined by ", ". */
  get(key: string): string | undefined {
    return this.headers.get(key);
  }

  /** Of a key that ends in "-bin"; base64 with or without padding. Every value, in their order. */
  getBinary(key: string): Buffer[] {
    if (!key.endsWith('-bin')) throw new Error(`"${key}" does not end in "-bin": only such keys have binary values`);
    const text = this.get(key);
    return text === undefined ? [] : text.split(',').map((value) => Buffer.from(value.trim(), 'base64'));
  }
}
