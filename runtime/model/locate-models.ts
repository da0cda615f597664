/** Finds what `serve` was pointed at: one .onnx file, or a folder laid out `<name>/<version>/model.onnx`. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { FETCH_RECORD_FILE, MODEL_FILE } from '../../contract/paths.js';

export interface LocatedModel {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  /** Where `fetch` leaves its record, if it made this file. */
  readonly recordPath: string;
}

export interface LocateOptions {
  /** For a file: its name. For a folder: serve this model alone. */
  readonly name?: string;
  readonly version?: string;
}

/** Clients parse versions as integers. */
const VERSION = /^[1-9][0-9]{0,17}$/;

/** The models, or a sentence that says what is wrong and how to mend it. */
export function locateModels(path: string, options: LocateOptions): LocatedModel[] | string {
  if (options.version !== undefined && !VERSION.test(options.version)) {
    return `--model-version "${options.version}" is not a positive integer: clients parse it as a number`;
  }
  if (!existsSync(path)) return `"${path}" does not exist: give an .onnx file, or a folder with <name>/<version>/${MODEL_FILE}`;
  if (statSync(path).isFile()) return [locateFile(path, options)];
  const found = listModels(path).filter(({ name, version }) => (options.name ?? name) === name && (options.version ?? version) === version);
  if (found.length > 0) return found;
  const wanted = `${options.name ?? '<name>'}/${options.version ?? '<version>'}/${MODEL_FILE}`;
  return `"${path}" holds no ${wanted} (a version is a positive integer): lay the folder out so, or give the .onnx file itself`;
}

function locateFile(path: string, options: LocateOptions): LocatedModel {
  const name = options.name ?? basename(path, extname(path));
  return { name, version: options.version ?? '1', path, recordPath: join(dirname(path), FETCH_RECORD_FILE) };
}

function listModels(root: string): LocatedModel[] {
  return listFolders(root).flatMap((name) =>
    listFolders(join(root, name))
      .filter((version) => VERSION.test(version))
      .map((version) => ({ name, version, path: join(root, name, version, MODEL_FILE), recordPath: join(root, name, version, FETCH_RECORD_FILE) }))
      .filter((model) => existsSync(model.path)),
  );
}

function listFolders(path: string): string[] {
  return readdirSync(path)
    .filter((name) => !name.startsWith('.') && statSync(join(path, name)).isDirectory())
    .sort();
}
