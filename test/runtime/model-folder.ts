/** A folder of models as a user would write it, in a place of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export class ModelFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'slipway-models-'));

  /** `files`: beside config.pbtxt, by their path in the model's folder. */
  add(name: string, model: Uint8Array, config = '', files: Readonly<Record<string, Uint8Array>> = {}): void {
    this.write(join(name, '1', 'model.onnx'), model);
    if (config !== '') this.write(join(name, 'config.pbtxt'), config);
    for (const [path, content] of Object.entries(files)) this.write(join(name, path), content);
  }

  write(path: string, content: Uint8Array | string): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    writeFileSync(join(this.path, path), content);
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
