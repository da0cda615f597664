/** What Slipway reads of a ControllerRevision: one revision of a model, resolved and rendered once, never changed. */
import { ANNOTATIONS } from '../../contract/labels.js';
import type { KubeObject } from '../ports.js';
import { asInteger, asRecord, asText, isRecord, type Json } from './json.js';
import { perObject } from './per-object.js';

/** What a pod found out about the model before it could not serve it. */
export interface FetchedModel {
  readonly contentDigest?: string;
  readonly bytes?: number;
  readonly verifiedAt?: string;
}

/** Why a revision was given up, and for which generation of the spec. */
export interface FailureEvidence {
  readonly reason: string;
  readonly code: string;
  readonly message: string;
  readonly pod: string;
  readonly node: string;
  readonly count: number;
  readonly generation: number;
  readonly at: string;
  /** Its pods are about to go, and could not be asked again. */
  readonly fetched?: FetchedModel;
}

export interface RevisionView {
  readonly name: string;
  readonly number: number;
  readonly digest: string;
  readonly sourceHash: string;
  /** Where the source of the digest's bytes has a name of its own for them: the commit of hf://. */
  readonly sourceRevision: string | undefined;
  readonly image: string;
  /** The source that it was made for, as the spec had it. */
  readonly uri: string;
  /** The consent that it was made with. */
  readonly acceptedUpdate: string | undefined;
  /** The rendered pod template, pinned. */
  readonly template: Json;
  /** Whole `data` as stored: it may not change. */
  readonly data: Json;
  readonly failed: FailureEvidence | undefined;
  readonly provenAt: string | undefined;
}

export const viewRevision = perObject((object: KubeObject): RevisionView => {
  const annotations = object.metadata.annotations ?? {};
  const data = asRecord(object['data']);
  return {
    name: object.metadata.name,
    number: asInteger(object['revision']) ?? 0,
    digest: annotations[ANNOTATIONS.digest] ?? '',
    sourceHash: annotations[ANNOTATIONS.sourceHash] ?? '',
    sourceRevision: annotations[ANNOTATIONS.sourceRevision],
    image: asText(data['image']) ?? '',
    uri: asText(asRecord(asRecord(data['spec'])['model'])['uri']) ?? '',
    acceptedUpdate: asText(asRecord(data['spec'])['acceptedUpdate']),
    // may be text in memory: read when it is asked for
    get template() {
      return asRecord(data['template']);
    },
    data,
    failed: parseEvidence(annotations[ANNOTATIONS.failed]),
    provenAt: annotations[ANNOTATIONS.proven],
  };
});

function parseEvidence(text: string | undefined): FailureEvidence | undefined {
  if (text === undefined) return undefined;
  const value = parseJson(text);
  if (!isRecord(value)) return undefined;
  const word = (key: string): string => asText(value[key]) ?? '';
  return {
    reason: word('reason'),
    code: word('code'),
    message: word('message'),
    pod: word('pod'),
    node: word('node'),
    count: asInteger(value['count']) ?? 0,
    generation: asInteger(value['generation']) ?? 0,
    at: word('at'),
    ...(isRecord(value['fetched']) ? { fetched: parseFetched(value['fetched']) } : {}),
  };
}

function parseFetched(value: Json): FetchedModel {
  const [contentDigest, bytes, verifiedAt] = [asText(value['contentDigest']), asInteger(value['bytes']), asText(value['verifiedAt'])];
  return {
    ...(contentDigest === undefined ? {} : { contentDigest }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(verifiedAt === undefined ? {} : { verifiedAt }),
  };
}

/** Undefined for what is no JSON: somebody edited the annotation, which then counts as absent. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
