/** docs/guides/opt-in.md, run as a reader runs it: what it tells him to type prints what it says. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exec } from '../../hack/exec.js';
import { findProtoFolder } from '../../proto/load.js';
import { readDocument } from '../docs/documents.js';
import { ServerProcess } from './server-process.js';

const root = dirname(findProtoFolder());
const { blocks } = readDocument('docs/guides/opt-in.md');
const folder = mkdtempSync(join(tmpdir(), 'slipway-guide-'));
let server: ServerProcess;
let address: Awaited<ReturnType<ServerProcess['waitUntilReady']>>;

/** Commands with what they print. */
const CASES = blocks.flatMap((block, index) => {
  const next = blocks[index + 1];
  return block.language === 'sh' && next?.language === 'text' ? [{ first: block.text.split('\n')[0], command: block.text, output: next.text }] : [];
});

beforeAll(async () => {
  for (const shared of ['examples', 'node_modules']) symlinkSync(join(root, shared), join(folder, shared));
  const [setUp] = blocks.filter(({ language }) => language === 'sh');
  await exec('sh', ['-euc', setUp?.text ?? ''], { cwd: folder });
  for (const { language, text } of blocks) {
    const path = /^# (models\/\w+\/config\.pbtxt)/.exec(text)?.[1];
    if (language === 'pbtxt' && path !== undefined) writeFileSync(join(folder, path), text);
  }
  server = new ServerProcess([join(folder, 'models')]);
  address = await server.waitUntilReady();
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** On this server's ports, with the command of this folder. */
function localize(command: string): string {
  const slipway = `"${process.execPath}" "${join(root, 'dist', 'cli', 'main.js')}"`;
  return command
    .replaceAll(/npx slipway infer \w+/g, `$& --address ${address.grpc}`)
    .replaceAll('npx slipway', slipway)
    .replaceAll('localhost:8000', new URL(address.rest).host)
    .replaceAll('localhost:8002', new URL(address.metrics).host);
}

function toPattern(output: string): RegExp {
  const lines = output.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${lines.replaceAll('…', '.*')}$`);
}

describe('the guide', () => {
  test('has commands with what they print', () => expect(CASES).toHaveLength(2));
  test.each(CASES)('$first', async ({ command, output }) => {
    const printed = await exec('sh', ['-uc', `${localize(command)} || true`], { cwd: folder });
    expect(printed.trim()).toMatch(toPattern(output));
  });
  test('its models are configured without a warning', () => {
    expect(server.logs.filter(({ message }) => message === 'Ignored setting')).toEqual([]);
  });
});
