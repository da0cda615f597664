/** Which files of a listing are the model: one .onnx file, and with it what may hold its weights. Pure. */
import { FETCH_RECORD_FILE, MODEL_FILE } from '../../../contract/paths.js';
import { refusePath } from './safe-path.js';
import { SourceError } from './source-error.js';

/**
 * `Folder`: somebody laid the files together, so whatever lies in the .onnx file's folder or below it goes along.
 * `Names`: other things lie there too, so what goes along is called as the model with something after it: `model.onnx_data`,
 * `model.onnx.data`, as exporters call external data.
 */
export type Scope = 'Folder' | 'Names';

export interface ListedFile {
  readonly path: string;
}

export interface PickedFile<F> {
  readonly file: F;
  /** Relative to the model's folder at the source. */
  readonly name: string;
  /** Relative to the folder that is served: the model itself is always `model.onnx`. */
  readonly path: string;
}

export interface Listing<F> {
  /** As messages call it: `hf://owner/model at main`. */
  readonly name: string;
  readonly files: readonly F[];
  readonly scope: Scope;
  /** The .onnx file that the uri names, if it does. */
  readonly wanted?: string;
}

const MAX_FILES = 1000;

/** The model's own file last, so that it gets its name when all else is there. */
export function pickFiles<F extends ListedFile>({ name, files, scope, wanted }: Listing<F>): readonly PickedFile<F>[] {
  const visible = files.filter(({ path }) => !isHidden(path));
  const model = pickModel(name, visible, wanted);
  const folder = model.path.includes('/') ? model.path.slice(0, model.path.lastIndexOf('/') + 1) : '';
  const others = visible.filter(({ path }) => path !== model.path && (scope === 'Folder' ? path.startsWith(folder) : isCalledAs(path, model.path)));
  if (others.length >= MAX_FILES) throw refused(name, `has more than ${MAX_FILES} files beside "${model.path}": leave out what is not the model`);
  const picked = others.map((file) => ({ file, name: file.path.slice(folder.length), path: file.path.slice(folder.length) }));
  for (const each of [...picked, { file: model, name: model.path.slice(folder.length), path: '' }]) checkName(name, each);
  return [...picked, { file: model, name: model.path.slice(folder.length), path: MODEL_FILE }];
}

function pickModel<F extends ListedFile>(name: string, files: readonly F[], wanted: string | undefined): F {
  const models = files.filter(({ path }) => (wanted === undefined ? path.toLowerCase().endsWith('.onnx') : path === wanted));
  const [model, ...more] = models;
  if (model === undefined && wanted !== undefined)
    throw new SourceError('SOURCE_NOT_FOUND', `${name} has no file "${wanted}": correct the path in the uri`);
  if (model === undefined) throw refused(name, 'has no .onnx file: name what has one');
  if (more.length === 0) return model;
  const list = models.map(({ path }) => path).sort();
  const shown = list.slice(0, 8).join(', ') + (list.length > 8 ? ` and ${list.length - 8} more` : '');
  throw refused(name, `has ${list.length} .onnx files (${shown}): name one of them in the uri, or leave one`);
}

/** `onnx/model.onnx_data` beside `onnx/model.onnx`, and nothing in folders below. */
function isCalledAs(path: string, model: string): boolean {
  return path.startsWith(model) && !path.slice(model.length).includes('/');
}

function checkName<F>(name: string, { name: file, path }: PickedFile<F>): void {
  const reason =
    refusePath(file) ?? ([FETCH_RECORD_FILE, MODEL_FILE].includes(path) ? 'has a name that Slipway gives to a file of its own' : undefined);
  if (reason !== undefined) throw refused(name, `has a file "${file.slice(0, 200)}" that ${reason}`);
}

/** Of version control and of macOS, whose archives have a `._model.onnx` for each file. */
function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') && !/^\.+$/.test(part)) || path.startsWith('__MACOSX/');
}

function refused(name: string, what: string): SourceError {
  return new SourceError('ARTIFACT_INVALID', `${name} ${what}`);
}
