/** What `serve` was pointed at, one .onnx file or a folder of models, as a repository that can be asked again at any time. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { FETCH_RECORD_FILE, MODEL_FILE } from '../../contract/paths.js';
import type { MessageNode } from '../config/config-node.js';
import { suggest } from '../config/nearest-name.js';
import { readModelConfig } from '../config/read-model-config.js';
import { compareVersions } from '../core/readiness.js';
import type { LocatedModel } from './located-model.js';
import { CONFIG_FILE, type FoundModel, listVersions, readModelFolder, VERSION } from './model-folder.js';

export interface RepositoryOptions {
  /** A file or a folder. */
  readonly path: string;
  /** For a file: its name. For a folder: serve this model alone. */
  readonly name?: string;
  readonly version?: string;
  /** By model: what config.yaml says of it. */
  readonly layers?: ReadonlyMap<string, MessageNode>;
}

export class Repository {
  readonly isFile: boolean;

  constructor(readonly options: RepositoryOptions) {
    this.isFile = statSync(options.path, { throwIfNoEntry: false })?.isFile() === true;
  }

  /** False while what holds the models is away, a volume that is not mounted for a moment: no model was removed then. */
  get isThere(): boolean {
    return existsSync(this.options.path);
  }

  /** A sentence that says what is wrong with what `serve` was given and how to mend it; undefined when something can be served. */
  findProblem(): string | undefined {
    const { path, name, version, layers } = this.options;
    if (version !== undefined && !VERSION.test(version))
      return `--model-version "${version}" is not a positive integer: clients parse it as a number`;
    if (!existsSync(path)) return `"${path}" does not exist: give an .onnx file, or a folder with <name>/<version>/${MODEL_FILE}`;
    const names = this.names();
    const stranger = [...(layers?.keys() ?? [])].find((layer) => !names.includes(layer) && (name === undefined || layer === name));
    if (stranger !== undefined)
      return `The configuration has settings for the model "${stranger}", which "${path}" does not hold; ${suggest(stranger, names)}`;
    if (names.length > 0 && (version === undefined || names.some((model) => this.#has(model, version)))) return undefined;
    const wanted = `${name ?? '<name>'}/${version ?? '<version>'}/${MODEL_FILE}`;
    return `"${path}" holds no ${wanted} (a version is a positive integer): lay the folder out so, or give the .onnx file itself`;
  }

  /** Folders that hold a version of a model, or a configuration of one. Empty when the folder has gone. */
  names(): string[] {
    const { path, name } = this.options;
    if (!this.isThere) return [];
    if (this.isFile) return [this.#nameOfFile()];
    return readdirSync(path)
      .filter((folder) => (name ?? folder) === folder && isModelName(folder) && this.#isModel(join(path, folder)))
      .sort();
  }

  /** Throws an Error that says why the model cannot be served. `override` stands in place of every other configuration. */
  read(name: string, override?: MessageNode): FoundModel {
    const { path, version, layers } = this.options;
    const layer = layers?.get(name);
    if (this.isFile) return this.#readFile(name, override ?? layer);
    return readModelFolder(path, name, {
      ...(version === undefined ? {} : { version }),
      ...(layer === undefined ? {} : { layer }),
      ...(override === undefined ? {} : { override }),
    });
  }

  /** The version that stands for a model whose configuration cannot be read: the latest in its folder. */
  latestVersion(name: string): string {
    const folder = join(this.options.path, name);
    if (this.isFile || !existsSync(folder)) return '1';
    const versions = readdirSync(folder).filter((version) => VERSION.test(version));
    return versions.sort(compareVersions).at(-1) ?? '1';
  }

  /** Files that belong to one version: the model, its external data, its record. */
  filesOfVersion({ path }: LocatedModel): string[] {
    if (this.isFile) return [path];
    return readdirSync(dirname(path), { recursive: true, encoding: 'utf8' }).map((file) => join(dirname(path), file));
  }

  /** Paths whose size and time tell whether a model changed. */
  filesOf(name: string): string[] {
    const { path } = this.options;
    if (this.isFile) return [path];
    const folder = join(path, name);
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => !basename(file).startsWith('.'))
      .map((file) => join(folder, file))
      .sort();
  }

  #has(model: string, version: string): boolean {
    return this.isFile || existsSync(join(this.options.path, model, version));
  }

  #readFile(name: string, node: MessageNode | undefined): FoundModel {
    const { path, version = '1' } = this.options;
    const none: MessageNode = { kind: 'Message', place: '', form: 'Json', fields: [] };
    const { settings, warnings } = readModelConfig(node ?? none);
    const located = { name, version, path, recordPath: join(dirname(path), FETCH_RECORD_FILE) };
    return { name, versions: [located], settings, warnings };
  }

  #nameOfFile(): string {
    const { path, name } = this.options;
    return name ?? basename(path, extname(path));
  }

  #isModel(folder: string): boolean {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
    return existsSync(join(folder, CONFIG_FILE)) || listVersions(folder, MODEL_FILE).length > 0;
  }
}

/** A name is one folder of the repository, and never a way out of it. */
export function isModelName(name: string): boolean {
  return name !== '' && name.length <= 255 && !name.startsWith('.') && !/[/\\\0]/.test(name);
}
