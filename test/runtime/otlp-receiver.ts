/** An OTLP collector for tests: takes spans over HTTP with protobuf, decodes them with another library, and refuses when told to. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

/** What tests look at, with the field numbers of opentelemetry-proto 1.x. */
const PROTO = `
syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; Status status = 15;
}
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`;
const Request = protobuf.parse(PROTO).root.lookupType('Request');

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number | boolean>>;
}
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly status: { readonly code: number; readonly message: string } | null;
}
interface WireRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

export interface ReceivedSpan {
  /** Hexadecimal, as all ids here. */
  readonly traceId: string;
  readonly spanId: string;
  /** '' for a root. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: number;
  /** Nanoseconds since the epoch. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly resource: Readonly<Record<string, string | number | boolean>>;
  /** 0 unset, 2 error. */
  readonly status: number;
}

export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Of each request. */
  readonly headers: IncomingMessage['headers'][] = [];
  /** Answers with this status. */
  status = 200;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await buffer(request);
      this.headers.push(request.headers);
      const isRight = request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf';
      if (isRight && this.status === 200) this.#read(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
      response.writeHead(isRight ? this.status : 404, { 'content-type': 'application/x-protobuf' }).end();
    });
  }

  /** Resolves with the endpoint. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** Resolves once there are so many spans; rejects after ten seconds. */
  async waitFor(count: number): Promise<readonly ReceivedSpan[]> {
    for (let left = 400; left > 0 && this.spans.length < count; left--) await new Promise((resolve) => setTimeout(resolve, 25));
    if (this.spans.length < count) throw new Error(`${this.spans.length} spans came, not ${count}: ${this.spans.map(({ name }) => name).join(', ')}`);
    return this.spans;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #read(body: Uint8Array): void {
    const decoded = Request.toObject(Request.decode(body), { longs: String, bytes: String, defaults: true }) as WireRequest;
    for (const { resource, scopeSpans } of decoded.resourceSpans)
      for (const { spans } of scopeSpans) for (const span of spans) this.spans.push(toSpan(span, readAttributes(resource.attributes)));
  }
}

function toSpan(span: WireSpan, resource: ReceivedSpan['resource']): ReceivedSpan {
  const { name, kind, traceState } = span;
  return {
    traceId: toHex(span.traceId),
    spanId: toHex(span.spanId),
    parentSpanId: toHex(span.parentSpanId),
    traceState,
    name,
    kind,
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
    attributes: readAttributes(span.attributes),
    resource,
    status: span.status?.code ?? 0,
  };
}

function toHex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}

function readAttributes(list: readonly KeyValue[]): ReceivedSpan['attributes'] {
  return Object.fromEntries(
    list.map(({ key, value }) => {
      const number = value['intValue'] ?? value['doubleValue'];
      return [key, number === undefined ? (value['stringValue'] ?? value['boolValue'] ?? '') : Number(number)];
    }),
  );
}
