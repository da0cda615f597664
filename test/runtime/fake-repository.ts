/** A folder of models whose files say how they load, and a backend that does as they say. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LoadError } from '../../runtime/core/load-error.js';
import type { Backend, LoadOptions, Session } from '../../runtime/dataplane/ports.js';
import { ECHO_SIGNATURE, FakeSession } from './fake-backend.js';

export class FakeRepository implements Backend {
  readonly version = '0.0.0';
  readonly root = mkdtempSync(join(tmpdir(), 'slipway-repository-'));
  /** By what the file held; a file that holds `bad` does not load. */
  readonly sessions = new Map<string, FakeSession>();
  readonly loads: { readonly path: string; readonly options: LoadOptions }[] = [];
  /** Loads wait for this. */
  gate: Promise<void> = Promise.resolve();
  crash: (error: Error) => void = () => undefined;

  /** `path` below the root. */
  write(path: string, content: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  delete(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  async load(path: string, options: LoadOptions, onCrash: (error: Error) => void): Promise<Session> {
    this.loads.push({ path, options });
    this.crash = onCrash;
    await this.gate;
    const content = readFileSync(path, 'utf8');
    if (content.startsWith('bad')) throw new LoadError('MODEL_INVALID', 'load', `ONNX Runtime refused "${content}"`);
    const session = new FakeSession(ECHO_SIGNATURE);
    if (content.startsWith('cold')) session.nextError = new Error('the node failed');
    this.sessions.set(content, session);
    return session;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
