/**
 * Cases of h2spec that a gRPC server does not pass, and need not: "<section> <case>" → why. h2spec is of RFC 7540; sections named here are
 * those of RFC 9113, which replaced it. Such a case has to fail or be skipped, so the table cannot be stale. What the transport lacks and
 * should have is in pending.ts instead.
 */

const NO_DATA = 'needs DATA in the answer to GET /, which is 405 in HEADERS alone: gRPC calls are POST. The same by frames: test/fuzz';
const CLOSED = '§5.1: frames on a closed stream MAY be an error of type STREAM_CLOSED, and may be ignored';

export const H2SPEC_EXCEPTIONS: Readonly<Record<string, string>> = {
  'generic/2 Sends a WINDOW_UPDATE frame on half-closed (remote) stream': NO_DATA,
  'generic/2 Sends a PRIORITY frame on half-closed (remote) stream': NO_DATA,
  'http2/3.5 Sends invalid connection preface': '§3.4: who does not speak HTTP/2 may be told so, and is, in HTTP/1.1, which h2spec reads as a frame',
  'http2/4.2 Sends a large size HEADERS frame that exceeds the SETTINGS_MAX_FRAME_SIZE':
    '§4.2: the frame has 17,576 bytes, and the server takes frames of 256 KiB: its SETTINGS say so, h2spec supposes 16 KiB',
  'http2/5.1 closed: Sends a DATA frame after sending RST_STREAM frame': CLOSED,
  'http2/5.1 closed: Sends a HEADERS frame after sending RST_STREAM frame': CLOSED,
  'http2/5.1 closed: Sends a DATA frame': CLOSED,
  'http2/5.1 closed: Sends a HEADERS frame': CLOSED,
  'http2/5.1.2 Sends HEADERS frames that causes their advertised concurrent stream limit to be exceeded':
    '§5.1.2: counts streams that are open, and GET / is refused in HEADERS alone, which no window holds back, so that none stays open',
  'http2/5.3.1 Sends PRIORITY frame that depend on itself': '§5.3.2: priorities are deprecated, and what a PRIORITY frame says is ignored',
  'http2/6.5.3 Sends multiple values of SETTINGS_INITIAL_WINDOW_SIZE': NO_DATA,
  'http2/6.9.1 Sends SETTINGS frame to set the initial window size to 1 and sends HEADERS frame': NO_DATA,
  'http2/6.9.2 Changes SETTINGS_INITIAL_WINDOW_SIZE after sending HEADERS frame': NO_DATA,
  'http2/6.9.2 Sends a SETTINGS frame for window size to be negative': NO_DATA,
};
