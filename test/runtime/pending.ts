/**
 * Checks of behaviour that is wanted and not there yet: "<suite>: <check>" → what is missing. Such a check has to fail: one
 * that passes fails the suite until its line here is gone, so the list cannot be stale. It is empty when the runtime is whole.
 */
export const PENDING: Readonly<Record<string, string>> = {
  'http2 attacks: refusals':
    'node:http2 makes garbage faster than V8 collects it: 60,000 refusals a second make the process grow to 0.5 GB, and no further',
  'h2spec: http2/5.1.1 Sends stream identifier that is numerically smaller than previous':
    'nghttp2 ignores HEADERS of a stream below the last; RFC 9113 §5.1.1: a connection error of type PROTOCOL_ERROR',
  'h2spec: http2/6.3 Sends a PRIORITY frame with 0x0 stream identifier':
    'nghttp2 ignores every PRIORITY frame; RFC 9113 §6.3: on stream 0 a connection error of type PROTOCOL_ERROR',
  'h2spec: http2/6.7 Sends a PING frame with ACK':
    'node:http2 closes the connection at an acknowledgement it did not ask for; RFC 9113 §6.7 does not',
  'h2spec: http2/6.9.1 Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream':
    'node:http2 ends the connection and not just the stream; RFC 9113 §6.9.1: RST_STREAM with FLOW_CONTROL_ERROR',
};
