/** W3C trace context, as far as a server needs it: who called, and whether the caller records this trace. https://www.w3.org/TR/trace-context/ */

export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 of them: the caller's span. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

const FORMAT = /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<rest>-.*)?$/;
/** The longest header that is looked at; version 00 has 55 characters. */
const MAX_LENGTH = 256;

/**
 * The header `traceparent`, such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01. Undefined when there is none or it
 * is malformed, which the specification treats alike: the request begins a trace of its own.
 */
export function parseTraceParent(header: string | undefined): TraceParent | undefined {
  if (header === undefined || header.length > MAX_LENGTH) return undefined;
  const { version = 'ff', traceId = '', spanId = '', flags = '', rest } = FORMAT.exec(header)?.groups ?? {};
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
