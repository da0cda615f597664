/** What the flags about connections do to real ones: old, idle and dead. */
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type Answer, type Ask, floats, InferClient, readFloats } from './infer-client.js';
import { ModelFolder } from './model-folder.js';
import { readMetric } from './read-metric.js';
import { ServerProcess } from './server-process.js';
import { makeDoubleModel } from './tiny-models.js';
import { until } from './until.js';

const ASK: Ask = { model: 'double', inputs: [floats('x', [1, 2], [1, 2])] };
/** PRI, empty SETTINGS, and the acknowledgement of the server's. */
const HELLO = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
  Buffer.from('000000040100000000', 'hex'),
]);

const folder = new ModelFolder();
const endings: (() => unknown)[] = [];

beforeAll(() => folder.add('double', makeDoubleModel(2)));
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});
afterAll(() => folder.remove());

async function start(flags: readonly string[]) {
  const server = new ServerProcess([folder.path, ...flags]);
  endings.push(() => server.stop());
  const address = await server.waitUntilReady();
  const client = new InferClient(address.grpc);
  endings.push(() => client.close());
  return { server, client, ...address };
}

/** A client that answers pings, and what the server says to it. */
function open(address: string): { session: ClientHttp2Session; goaways: number[] } {
  const session = connectHttp2(`http://${address}`);
  const goaways: number[] = [];
  session.on('error', () => undefined);
  session.on('goaway', (code) => goaways.push(code));
  endings.push(() => session.destroy());
  return { session, goaways };
}

const doubled = ({ y }: Answer): number[] => readFloats(y);

test('--max-connection-age: connections end under load, and no call fails', async () => {
  const { server, client, grpc } = await start(['--max-connection-age', '1', '--access-log']);
  const pausing = Array.from({ length: 4 }, () => new InferClient(grpc)); // theirs end without a call in flight, with the next on its way
  for (const one of pausing) endings.push(() => one.close());
  const wrong: unknown[] = [];
  let answered = 0;
  const end = performance.now() + 6000;
  const ask = async (from: InferClient, pauseMs: number): Promise<void> => {
    while (performance.now() < end) {
      const values = await from.infer(ASK).then(doubled, (error: unknown) => error);
      if (JSON.stringify(values) === '[2,4]') answered++;
      else wrong.push(values);
      if (pauseMs > 0) await sleep(pauseMs);
    }
  };
  await Promise.all([...Array.from({ length: 8 }, () => ask(client, 0)), ...pausing.map((one, index) => ask(one, index))]);
  expect(wrong).toEqual([]);
  expect(answered).toBeGreaterThan(100);
  const peers = new Set(server.logs.filter(({ message }) => message === 'Request').map(({ peer }) => peer));
  expect(peers.size).toBeGreaterThanOrEqual(3 * 5);
  expect(peers.size).toBeLessThanOrEqual(8 * 5);
}, 60_000);

test('--max-connection-age-grace: calls go on for that long, and then end with a status', async () => {
  const { client, metrics, grpc } = await start(['--max-connection-age', '1', '--max-connection-age-grace', '2']);
  const { session, goaways } = open(grpc);
  const stream = client.stream();
  const began = performance.now();
  while (performance.now() < began + 2500) {
    expect(doubled(await stream.infer(ASK))).toEqual([2, 4]); // older than its age after a second
    await sleep(100);
  }
  expect(await stream.ended).toEqual({
    code: status.UNAVAILABLE,
    details: 'The connection is older than the server lets connections be, and the time for its last calls is over',
  });
  expect(await readMetric(metrics, 'slipway_runtime_grpc_faults_total{reason="had calls beyond its age"}')).toBe(1);
  expect([session.destroyed, new Set(goaways)]).toEqual([true, new Set([0])]); // without calls it went at once
  expect(doubled(await client.infer(ASK))).toEqual([2, 4]);
}, 60_000);

test('--max-connection-idle: one without calls is asked to close, one with some is not; 0 is never', async () => {
  const { client, grpc, server } = await start(['--max-connection-idle', '1', '--max-connection-age', '0', '--access-log']);
  const { session, goaways } = open(grpc);
  const closed = once(session, 'close');
  const began = performance.now();
  let calls = 0;
  const ask = async (): Promise<void> => {
    expect(doubled(await client.infer(ASK))).toEqual([2, 4]);
    calls++;
  };
  const countPeers = async (): Promise<number> => {
    const requests = () => server.logs.filter(({ message }) => message === 'Request');
    await until('every call to be in the log', () => requests().length === calls);
    return new Set(requests().map(({ peer }) => peer)).size;
  };
  while ((!session.destroyed || calls < 15) && performance.now() < began + 20_000) {
    await ask();
    await sleep(200);
  }
  await closed;
  expect(new Set(goaways)).toEqual(new Set([0]));
  expect(performance.now() - began).toBeGreaterThan(900);
  expect(await countPeers()).toBe(1);
  await sleep(3000); // idle now, it goes as well; the next call opens another
  await ask();
  expect(await countPeers()).toBe(2);
}, 60_000);

test('--keepalive-time and --keepalive-timeout: a peer that is dead is noticed, one that lives is kept', async () => {
  const { client, grpc, metrics } = await start(['--keepalive-time', '1', '--keepalive-timeout', '2']);
  const { session } = open(grpc);
  await once(session, 'remoteSettings');
  await client.infer(ASK);
  const dead = connectTcp(Number(grpc.split(':')[1]), '127.0.0.1');
  endings.push(() => dead.destroy());
  const read: Buffer[] = [];
  dead.on('error', () => undefined);
  dead.on('data', (chunk: Buffer) => read.push(chunk)); // it reads, and never says a word
  dead.write(HELLO);
  const began = performance.now();
  await once(dead, 'close');
  const seconds = (performance.now() - began) / 1000;
  expect(seconds).toBeGreaterThan(2.5);
  expect(seconds).toBeLessThan(3 + 3); // the server looks once a second
  expect(Buffer.concat(read).includes(Buffer.from('0000080600', 'hex'))).toBe(true); // a PING
  await until(
    'the fault to be counted',
    async () => (await readMetric(metrics, 'slipway_runtime_grpc_faults_total{reason="gave no sign of life"}')) === 1,
  );
  expect(session.destroyed).toBe(false);
  expect(doubled(await client.infer(ASK))).toEqual([2, 4]);
}, 60_000);
