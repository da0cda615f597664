/** What a client may not say by RFC 9113: whether it ends the stream or the connection, and with which code. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '../../lib/http2/protocol.js';
import { framed } from '../../runtime/http2/test-server.js';
import { FrameWorld } from './frame-world.js';
import { callFields, callHeaders, endCall, openCall, padded } from './http2-calls.js';
import { encodeHeaders, FLAG, FRAME, frame, type HeaderList, MAGIC, preface, reset, SETTINGS_ACK, settings, windowUpdate } from './http2-frames.js';

const { PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR, COMPRESSION_ERROR, ENHANCE_YOUR_CALM } = ErrorCode;
const LARGEST_WINDOW = 2 ** 31 - 1;
const MESSAGE = framed('hi');
const PING = frame(FRAME.ping, FLAG.none, 0, Buffer.alloc(8));
const PRIORITY = Buffer.from([0, 0, 0, 5, 16]);
/** Of a call that goes on. */
const OPEN = openCall(1, 'Chat');
/** Of one that is answered when the test says so. */
const ASKED = Buffer.concat([openCall(1, 'Hang'), endCall(1, MESSAGE)]);

let world: FrameWorld;

beforeEach(async () => {
  world = await FrameWorld.start({ windowBytes: 65_535, frameBytes: 65_536 });
});
afterEach(async () => {
  expect(await world.end()).toEqual([0, 0]);
});

function headers(stream: number, fields: HeaderList, flags = 0): Buffer {
  return frame(FRAME.headers, FLAG.endHeaders | flags, stream, encodeHeaders(fields));
}

function echoWith(...fields: HeaderList): Buffer {
  return headers(1, [...callFields('Echo'), ...fields]);
}

/** The whole request. */
function ofLength(length: string, ...parts: readonly Uint8Array[]): Buffer[] {
  const data = parts.map((part, index) => frame(FRAME.data, index === parts.length - 1 ? FLAG.endStream : FLAG.none, 1, part));
  return [echoWith(['content-length', length]), ...data];
}

describe('the stream ends, and the connection serves another', () => {
  const end = FLAG.endStream;
  const request = callFields('Echo');
  test.each<[string, readonly Buffer[], ErrorCode]>([
    ['content-length beyond DATA (§8.1.1)', ofLength('8', MESSAGE), PROTOCOL_ERROR],
    ['content-length below DATA', ofLength('6', MESSAGE), PROTOCOL_ERROR],
    ['content-length beyond the sum of DATA', ofLength('8', MESSAGE.subarray(0, 3), MESSAGE.subarray(3)), PROTOCOL_ERROR],
    [
      'content-length that counts padding',
      [echoWith(['content-length', '17']), frame(FRAME.data, end | FLAG.padded, 1, padded(MESSAGE, 9))],
      PROTOCOL_ERROR,
    ],
    ['content-length before trailers', [echoWith(['content-length', '9']), frame(FRAME.data, 0, 1, MESSAGE), headers(1, [], end)], PROTOCOL_ERROR],
    ['content-length without a body', [headers(1, [...request, ['content-length', '7']], end)], PROTOCOL_ERROR],
    ['content-length of two values', ofLength('7, 8', MESSAGE), PROTOCOL_ERROR],
    ['content-length with a sign', ofLength('+7', MESSAGE), PROTOCOL_ERROR],
    ['a second HEADERS without END_STREAM (§8.1)', [OPEN, headers(1, [['x', 'y']])], PROTOCOL_ERROR],
    ['a pseudo-header in trailers (§8.1)', [OPEN, headers(1, [[':path', '/t/Echo']], end)], PROTOCOL_ERROR],
    ['a name in upper case in trailers', [OPEN, headers(1, [['X', 'y']], end)], PROTOCOL_ERROR],
    ['a field of the connection in trailers', [OPEN, headers(1, [['connection', 'close']], end)], PROTOCOL_ERROR],
    ['a name in upper case (§8.2.1)', [echoWith(['X-Name', 'y'])], PROTOCOL_ERROR],
    ['a name with a space', [echoWith(['x name', 'y'])], PROTOCOL_ERROR],
    ['a name of no length', [echoWith(['', 'y'])], PROTOCOL_ERROR],
    ['a value with a line break (§8.2.1)', [echoWith(['x', 'a\r\nb: c'])], PROTOCOL_ERROR],
    ['a value with NUL', [echoWith(['x', 'a\0'])], PROTOCOL_ERROR],
    ['a value that begins with a space', [echoWith(['x', ' a'])], PROTOCOL_ERROR],
    [
      'a path with a line break',
      [
        headers(
          1,
          request.map(([name, value]) => [name, name === ':path' ? '/t/Echo\n' : value]),
        ),
      ],
      PROTOCOL_ERROR,
    ],
    ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'].map((name): [string, Buffer[], ErrorCode] => [
      `${name} (§8.2.2)`,
      [echoWith([name, 'x'])],
      PROTOCOL_ERROR,
    ]),
    [
      'te other than trailers (§8.2.2)',
      [
        headers(
          1,
          request.map(([name, value]) => [name, name === 'te' ? 'gzip' : value]),
        ),
      ],
      PROTOCOL_ERROR,
    ],
    [
      'te of trailers and more',
      [
        headers(
          1,
          request.map(([name, value]) => [name, name === 'te' ? 'trailers, deflate' : value]),
        ),
      ],
      PROTOCOL_ERROR,
    ],
    ['two of te', [echoWith(['te', 'gzip'])], PROTOCOL_ERROR],
    [
      'no :path (§8.3.1)',
      [
        headers(
          1,
          request.filter(([name]) => name !== ':path'),
        ),
      ],
      PROTOCOL_ERROR,
    ],
    ['two of :path', [headers(1, [[':path', '/t/Echo'], ...request])], PROTOCOL_ERROR],
    ['a pseudo-header after others (§8.3)', [headers(1, [...request.slice(1), ...request.slice(0, 1)])], PROTOCOL_ERROR],
    ['a pseudo-header of answers', [headers(1, [[':status', '200'], ...request])], PROTOCOL_ERROR],
    ['WINDOW_UPDATE of 0 (§6.9)', [OPEN, windowUpdate(1, 0)], PROTOCOL_ERROR],
    ['a window beyond 2^31-1 (§6.9.1)', [OPEN, windowUpdate(1, LARGEST_WINDOW)], FLOW_CONTROL_ERROR],
    ['a window beyond 2^31-1 in two steps', [ASKED, windowUpdate(1, LARGEST_WINDOW - 65_535), windowUpdate(1, 65_536)], FLOW_CONTROL_ERROR],
    ['DATA after END_STREAM (§5.1)', [ASKED, frame(FRAME.data, 0, 1, MESSAGE)], STREAM_CLOSED],
    ['DATA of nothing after END_STREAM', [ASKED, frame(FRAME.data, end, 1)], STREAM_CLOSED],
    ['HEADERS after END_STREAM', [ASKED, headers(1, [['x', 'y']], end)], STREAM_CLOSED],
    ['HEADERS after trailers', [openCall(1, 'Hang'), frame(FRAME.data, 0, 1, MESSAGE), headers(1, [], end), headers(1, [], end)], STREAM_CLOSED],
    ['DATA after RST_STREAM of the client', [ASKED, reset(1, 8), frame(FRAME.data, 0, 1, MESSAGE)], STREAM_CLOSED],
    ['more pairs than are allowed', [echoWith(...Array.from({ length: 129 }, (_, n): [string, string] => [`x${n}`, '']))], ENHANCE_YOUR_CALM],
    ['more bytes of headers than anybody needs', [echoWith(['x', 'y'.repeat(60_000)], ['z', 'y'.repeat(5250)])], ENHANCE_YOUR_CALM],
  ])('%s', async (_, frames, want) => {
    const client = world.connect(Buffer.concat([MAGIC, settings()])); // windows of 65,535 bytes
    client.send(...frames);
    await client.until('the reset', () => client.resets.has(1));
    client.send(openCall(3, 'Echo'), endCall(3, MESSAGE));
    await client.until('the answer on another stream', () => client.hasEnded(3));
    expect([client.resets.get(1), client.body(3), client.goaways]).toEqual([want, MESSAGE, []]);
    expect([client.hasEnded(1), client.body(1)]).toEqual([false, Buffer.alloc(0)]);
  });
});

describe('the connection ends', () => {
  test.each<[string, readonly Buffer[], ErrorCode]>([
    ['HEADERS below the last stream (§5.1.1)', [openCall(5, 'Chat'), openCall(3, 'Echo')], PROTOCOL_ERROR],
    ['HEADERS of a stream that has ended', [openCall(1, 'Echo'), endCall(1, MESSAGE), PING, openCall(1, 'Echo')], PROTOCOL_ERROR],
    ['HEADERS of an even stream', [openCall(2, 'Echo')], PROTOCOL_ERROR],
    ['DATA of a stream that was not opened (§5.1)', [frame(FRAME.data, 0, 1, MESSAGE)], PROTOCOL_ERROR],
    ['RST_STREAM of such a stream', [reset(1, 8)], PROTOCOL_ERROR],
    ['WINDOW_UPDATE of such a stream', [windowUpdate(1, 1)], PROTOCOL_ERROR],
    ['WINDOW_UPDATE of an even stream', [OPEN, windowUpdate(2, 1)], PROTOCOL_ERROR],
    ['DATA of no stream (§6.1)', [frame(FRAME.data, 0, 0, MESSAGE)], PROTOCOL_ERROR],
    ['HEADERS of no stream (§6.2)', [openCall(0, 'Echo')], PROTOCOL_ERROR],
    ['PRIORITY of no stream (§6.3)', [frame(FRAME.priority, 0, 0, PRIORITY)], PROTOCOL_ERROR],
    ['RST_STREAM of no stream (§6.4)', [reset(0, 8)], PROTOCOL_ERROR],
    ['SETTINGS of a stream (§6.5)', [OPEN, frame(FRAME.settings, 0, 1)], PROTOCOL_ERROR],
    ['PUSH_PROMISE (§8.4)', [OPEN, frame(FRAME.push, FLAG.endHeaders, 1, Buffer.alloc(4))], PROTOCOL_ERROR],
    ['PING of a stream (§6.7)', [OPEN, frame(FRAME.ping, 0, 1, Buffer.alloc(8))], PROTOCOL_ERROR],
    ['GOAWAY of a stream (§6.8)', [OPEN, frame(FRAME.goaway, 0, 1, Buffer.alloc(8))], PROTOCOL_ERROR],
    ['CONTINUATION of nothing (§6.10)', [OPEN, frame(FRAME.continuation, FLAG.endHeaders, 1)], PROTOCOL_ERROR],
    ['padding longer than DATA (§6.1)', [OPEN, frame(FRAME.data, FLAG.padded, 1, Buffer.of(1))], PROTOCOL_ERROR],
    ['padding longer than HEADERS (§6.2)', [frame(FRAME.headers, FLAG.padded | FLAG.endHeaders, 1, Buffer.of(9, 0))], PROTOCOL_ERROR],
    ['RST_STREAM of 3 bytes (§6.4)', [OPEN, frame(FRAME.reset, 0, 1, Buffer.alloc(3))], FRAME_SIZE_ERROR],
    ['SETTINGS of 5 bytes (§6.5)', [frame(FRAME.settings, 0, 0, Buffer.alloc(5))], FRAME_SIZE_ERROR],
    ['an acknowledgement with settings (§6.5)', [frame(FRAME.settings, FLAG.ack, 0, Buffer.alloc(6))], FRAME_SIZE_ERROR],
    ['PING of 7 bytes (§6.7)', [frame(FRAME.ping, 0, 0, Buffer.alloc(7))], FRAME_SIZE_ERROR],
    ['GOAWAY of 7 bytes', [frame(FRAME.goaway, 0, 0, Buffer.alloc(7))], FRAME_SIZE_ERROR],
    ['WINDOW_UPDATE of 5 bytes (§6.9)', [windowUpdate(0, 1).fill(5, 2, 3), Buffer.alloc(1)], FRAME_SIZE_ERROR],
    ['a frame that is too large (§4.2)', [OPEN, frame(FRAME.data, 0, 1, Buffer.alloc(65_537))], FRAME_SIZE_ERROR],
    ['DATA beyond the window (§6.9.1)', [OPEN, frame(FRAME.data, 0, 1, Buffer.alloc(65_536))], FLOW_CONTROL_ERROR],
    ['WINDOW_UPDATE of 0 for all (§6.9)', [windowUpdate(0, 0)], PROTOCOL_ERROR],
    ['a window of the connection beyond 2^31-1', [windowUpdate(0, LARGEST_WINDOW)], FLOW_CONTROL_ERROR],
    ['an initial window beyond 2^31-1 (§6.5.2)', [settings([4, 2 ** 31])], FLOW_CONTROL_ERROR],
    ['an initial window that makes one too large (§6.9.2)', [OPEN, windowUpdate(1, 65_536), settings([4, LARGEST_WINDOW])], FLOW_CONTROL_ERROR],
    ['MAX_FRAME_SIZE of 16,383 (§6.5.2)', [settings([5, 16_383])], PROTOCOL_ERROR],
    ['MAX_FRAME_SIZE of 2^24', [settings([5, 2 ** 24])], PROTOCOL_ERROR],
    ['ENABLE_PUSH of 2', [settings([2, 2])], PROTOCOL_ERROR],
    ['a header of no index (RFC 7541 §6.1)', [frame(FRAME.headers, FLAG.endHeaders, 1, Buffer.of(0x80))], COMPRESSION_ERROR],
    ['the same in trailers', [OPEN, frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, Buffer.of(0x80))], COMPRESSION_ERROR],
    ['the same on a stream that was reset', [OPEN, windowUpdate(1, 0), frame(FRAME.headers, FLAG.endHeaders, 1, Buffer.of(0x80))], COMPRESSION_ERROR],
  ])('%s', async (_, frames, want) => {
    const client = world.connect(Buffer.concat([MAGIC, settings()]));
    client.send(...frames, openCall(101, 'Echo'), endCall(101, MESSAGE));
    await client.closed;
    expect([client.goaways, client.body(101)]).toEqual([[want], Buffer.alloc(0)]);
    expect(world.transport.faults).toEqual(['connection error']);
  });

  test.each([
    ['PING', PING],
    ['an acknowledgement of SETTINGS', SETTINGS_ACK],
    ['HEADERS', openCall(1, 'Echo')],
    ['an unknown type', frame(0x42, 0, 0)],
  ])('the first frame is %s and not SETTINGS (§3.4)', async (_, first) => {
    const client = world.connect(Buffer.concat([MAGIC, first, settings()]));
    await client.closed;
    expect(client.goaways).toEqual([PROTOCOL_ERROR]);
  });
});

describe('nothing happens', () => {
  test.each<[string, readonly Buffer[]]>([
    ['an acknowledgement of a PING that nobody sent (§6.7)', [frame(FRAME.ping, FLAG.ack, 0, Buffer.from('whatever'))]],
    ['an acknowledgement of SETTINGS too many', [SETTINGS_ACK, SETTINGS_ACK]],
    ['PRIORITY of streams that were and will be (§6.3)', [frame(FRAME.priority, 0, 1, PRIORITY), frame(FRAME.priority, 0, 9, PRIORITY)]],
    ['settings that nobody knows (§6.5.2)', [settings([0xff, 1], [3, 0], [6, 1])]],
    ['RST_STREAM and WINDOW_UPDATE of a call that has ended (§5.1)', [reset(1, 8), windowUpdate(1, 9), windowUpdate(1, LARGEST_WINDOW)]],
    ['a code that nobody knows (§7)', [openCall(3, 'Chat'), reset(3, 0xdead)]],
  ])('%s', async (_, frames) => {
    const client = world.connect(preface());
    client.send(openCall(1, 'Echo'), endCall(1, MESSAGE));
    await client.until('the first answer', () => client.hasEnded(1));
    client.send(...frames, frame(FRAME.headers, FLAG.endHeaders, 5, callHeaders('Echo')), endCall(5, MESSAGE));
    await client.until('the answer', () => client.hasEnded(5));
    expect([client.body(5), client.goaways, client.resets.size]).toEqual([MESSAGE, [], 0]);
  });
});
