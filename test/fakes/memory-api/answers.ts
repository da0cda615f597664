/** Answers of the in-memory API as bytes. The text of an object is made once for all who read it. */

import type { HttpAnswer } from '../../../lib/kube/connection.js';
import { KubeError } from '../../../lib/kube/kube-error.js';
import type { KubeObject } from '../../../operator/ports.js';

const TEXTS = new WeakMap<KubeObject, string>();

export function textOf(object: KubeObject): string {
  const known = TEXTS.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  TEXTS.set(object, text);
  return text;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly retryAfterSeconds?: number | undefined;
}

export function refusal({ code, reason, message, retryAfterMs }: KubeError): Reply {
  const retryAfterSeconds = retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1000);
  return { status: code, text: statusText({ code, reason, message, retryAfterSeconds }), retryAfterSeconds };
}

/** The Status that an error is told with, in an answer or as an event of a watch. */
export function statusText(said: { code: number; reason: string; message: string; retryAfterSeconds?: number | undefined }): string {
  const { code, reason, message, retryAfterSeconds } = said;
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...details, code });
}

export function toRefusal(error: unknown): Reply {
  if (error instanceof KubeError) return refusal(error);
  throw error;
}

export function wholeAnswer({ status, text, retryAfterSeconds }: Reply): HttpAnswer {
  return { status, headers: headersOf(retryAfterSeconds), body: chunksOf([Buffer.from(text)]) };
}

/** The first half of the body, and then `error`, or an end when there is none. */
export function halfAnswer({ status, text, retryAfterSeconds }: Reply, error?: Error): HttpAnswer {
  const bytes = Buffer.from(text);
  return { status, headers: headersOf(retryAfterSeconds), body: chunksOf([bytes.subarray(0, Math.floor(bytes.length / 2))], error) };
}

function headersOf(retryAfterSeconds: number | undefined): Record<string, string> {
  return { 'content-type': 'application/json', ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }) };
}

async function* chunksOf(chunks: readonly Uint8Array[], error?: Error): AsyncGenerator<Uint8Array> {
  yield* chunks;
  if (error !== undefined) throw error;
}
