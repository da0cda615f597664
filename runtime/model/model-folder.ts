/**
 * One model's folder, `<name>/config.pbtxt` and `<name>/<version>/model.onnx`: what of it is served, and how. Reads files on
 * each call, because a folder that is served changes.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FETCH_RECORD_FILE } from '../../contract/paths.js';
import type { MessageNode } from '../config/config-node.js';
import { layerFields } from '../config/layer-fields.js';
import { type ConfigReading, readModelConfig } from '../config/read-model-config.js';
import { parseText } from '../config/text-parser.js';
import type { ModelSettings } from '../core/model-settings.js';
import { compareVersions } from '../core/readiness.js';
import { selectVersions } from '../core/version-policy.js';
import type { LocatedModel } from './located-model.js';
import { readBounded } from './read-bounded.js';
import { readLabels } from './read-labels.js';

export const CONFIG_FILE = 'config.pbtxt';
const MAX_CONFIG_BYTES = 1024 * 1024;
/** Clients parse versions as integers. */
export const VERSION = /^[1-9][0-9]{0,17}$/;

export interface FoundModel {
  readonly name: string;
  /** Ascending; at least one. */
  readonly versions: readonly LocatedModel[];
  readonly settings: ModelSettings;
  /** A sentence for each field of the configuration that does nothing. */
  readonly warnings: readonly string[];
}

export interface FolderOptions {
  /** Serve this version alone. */
  readonly version?: string;
  /** Laid over config.pbtxt: what config.yaml says of this model. */
  readonly layer?: MessageNode;
  /** In place of both: what a load request says. */
  readonly override?: MessageNode;
}

/** Throws an Error that says what is wrong with the configuration, or that nothing is to be served. */
export function readModelFolder(root: string, name: string, options: FolderOptions): FoundModel {
  const folder = join(root, name);
  const { settings, warnings } = readSettings(folder, name, options);
  const wanted = selectVersions(listVersions(folder, settings.filename), settings.versionPolicy);
  const versions = wanted.filter((version) => (options.version ?? version) === version).map((version) => locate(folder, name, version, settings));
  if (versions.length === 0) throw new Error(describeNothing(folder, name, settings));
  return { name, versions, warnings, settings: { ...settings, labels: readLabels(folder, settings.labelFiles) } };
}

/** Versions that hold a file of this name, ascending. */
export function listVersions(folder: string, filename: string): string[] {
  return readdirSync(folder)
    .filter((version) => VERSION.test(version) && existsSync(join(folder, version, filename)) && statSync(join(folder, version)).isDirectory())
    .sort(compareVersions);
}

function readSettings(folder: string, name: string, options: FolderOptions): ConfigReading {
  const text = readBounded(join(folder, CONFIG_FILE), MAX_CONFIG_BYTES)?.toString('utf8');
  const own = text === undefined ? undefined : parseText(text, `${name}/${CONFIG_FILE}`);
  const reading = readModelConfig(options.override ?? layer(own, options.layer));
  if (reading.name === undefined || reading.name === name) return reading;
  throw new Error(
    `the configuration's "name" is "${reading.name}" and the folder's "${name}": clients call the model by its folder, so make them equal`,
  );
}

/** Neither there: nothing is configured. */
function layer(own: MessageNode | undefined, over: MessageNode | undefined): MessageNode {
  if (own !== undefined && over !== undefined) return layerFields(own, over);
  return own ?? over ?? { kind: 'Message', place: '', form: 'Json', fields: [] };
}

function locate(folder: string, name: string, version: string, settings: ModelSettings): LocatedModel {
  return { name, version, path: join(folder, version, settings.filename), recordPath: join(folder, version, FETCH_RECORD_FILE) };
}

function describeNothing(folder: string, name: string, { filename, versionPolicy }: ModelSettings): string {
  const there = listVersions(folder, filename);
  if (there.length === 0) return `"${name}" holds no <version>/${filename} (a version is a positive integer)`;
  const wanted = versionPolicy.kind === 'Specific' ? ` and "version_policy" wants ${versionPolicy.versions.join(', ')}` : '';
  return `"${name}" holds the versions ${there.join(', ')}${wanted}: none of them is to be served`;
}
