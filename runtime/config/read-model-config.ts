/** Triton's ModelConfig, from whatever text, → ModelSettings. What each field means: proto/model_config.proto and CONFIG_KEYS. */
import { DEFAULT_MODEL_SETTINGS, type ModelSettings, type VersionPolicy } from '../core/model-settings.js';
import { ConfigError } from './config-error.js';
import { PARAMETER_KEYS } from './config-keys.js';
import type { ConfigNode, MessageNode } from './config-node.js';
import { MessageReader } from './message-reader.js';
import { readDynamicBatching } from './read-batching.js';
import { readInstances } from './read-instances.js';
import { readSequence } from './read-sequence.js';
import { readLabelFiles, readTensors } from './read-tensors.js';
import { readWarmup } from './read-warmup.js';
import { parseFlag, parseInteger } from './scalars.js';

export interface ConfigReading {
  /** The model's name, when the configuration gives one. */
  readonly name?: string;
  readonly settings: ModelSettings;
  /** A sentence for each field that is accepted and does nothing. */
  readonly warnings: readonly string[];
}

export const MAX_INT32 = 2 ** 31 - 1;

/** Throws ConfigError, and nothing else. */
export function readModelConfig(node: MessageNode): ConfigReading {
  const warnings: string[] = [];
  const reader = new MessageReader(node, 'ModelConfig', warnings);
  checkBackend(reader);
  reader.message('model_transaction_policy', 'ModelTransactionPolicy');
  const maxBatchRows = reader.integer('max_batch_size', 0, MAX_INT32);
  const parameters = readParameters(reader);
  const settings: ModelSettings = {
    ...DEFAULT_MODEL_SETTINGS,
    ...(maxBatchRows === undefined ? {} : { maxBatchRows }),
    ...readDynamicBatching(reader.message('dynamic_batching', 'ModelDynamicBatching'), maxBatchRows),
    ...readInstances(reader.messages('instance_group', 'ModelInstanceGroup')),
    ...readSequence(reader.message('sequence_batching', 'ModelSequenceBatching')),
    ...readActingParameters(parameters),
    responseCache: reader.message('response_cache', 'ModelResponseCache')?.flag('enable') ?? false,
    versionPolicy: readVersionPolicy(reader.message('version_policy', 'ModelVersionPolicy')),
    filename: readFilename(reader),
    inputs: readTensors(reader, 'input'),
    outputs: readTensors(reader, 'output'),
    labelFiles: readLabelFiles(reader),
    warmup: readWarmup(reader.messages('model_warmup', 'ModelWarmup')),
    parameters: new Map([...parameters].map(([key, value]) => [key, value.text])),
  };
  warnOfParameters(parameters, warnings);
  const name = reader.text('name');
  return { ...(name === undefined || name === '' ? {} : { name }), settings, warnings };
}

function checkBackend(reader: MessageReader): void {
  const platform = reader.text('platform') ?? '';
  if (platform !== '' && platform !== 'onnxruntime_onnx')
    reader.fail('platform', `"platform" is "${platform}": this server runs "onnxruntime_onnx" alone; export the model to ONNX`);
  const backend = reader.text('backend') ?? '';
  if (backend !== '' && backend !== 'onnxruntime')
    reader.fail('backend', `"backend" is "${backend}": this server runs "onnxruntime" alone; export the model to ONNX`);
}

/** Absent means every version, here: Triton's default is the latest alone. */
function readVersionPolicy(reader: MessageReader | undefined): VersionPolicy {
  const latest = reader?.message('latest', 'Latest');
  const specific = reader?.message('specific', 'Specific');
  if (latest !== undefined) return { kind: 'Latest', count: latest.integer('num_versions', 1, MAX_INT32) ?? 1 };
  if (specific === undefined) {
    reader?.message('all', 'All');
    return { kind: 'All' };
  }
  const versions = specific.integers('versions', 1, Number.MAX_SAFE_INTEGER);
  if (versions.length === 0) specific.fail('versions', '"specific" names no version: give "versions", or take "all"');
  return { kind: 'Specific', versions: [...new Set(versions.map(String))] };
}

function readFilename(reader: MessageReader): string {
  const name = reader.text('default_model_filename') ?? '';
  if (name === '') return DEFAULT_MODEL_SETTINGS.filename;
  if (isPlainFilename(name)) return name;
  return reader.fail('default_model_filename', `"${name}" is no file name: the file lies in the version's folder itself`);
}

/** Names of files in a configuration never lead out of the model's folder. */
export function isPlainFilename(name: string): boolean {
  return name !== '' && name.length <= 255 && !name.startsWith('.') && !/[/\\\0]/.test(name);
}

interface Parameter {
  readonly text: string;
  readonly node: ConfigNode;
}

/** `{ key: "k" value: { string_value: "v" } }`; in JSON and YAML also `k: v`. */
function readParameters(reader: MessageReader): Map<string, Parameter> {
  return new Map(
    reader.entries('parameters').map(({ key, value }): [string, Parameter] => {
      if (value.kind === 'Message') return [key, { text: new MessageReader(value, 'ModelParameter', []).text('string_value') ?? '', node: value }];
      if (value.form !== 'Json') throw new ConfigError(value.place, `parameter "${key}" is { string_value: "…" }, and not a plain value`);
      return [key, { text: value.text, node: value }];
    }),
  );
}

function readActingParameters(parameters: ReadonlyMap<string, Parameter>): Pick<ModelSettings, 'intraOpThreads' | 'singleFlight'> {
  const threads = parameters.get('intra_op_thread_count');
  const single = parameters.get('slipway_single_flight');
  const scalar = ({ text, node }: Parameter) => ({ kind: 'Scalar' as const, place: node.place, text, form: 'Json' as const });
  const count = threads === undefined ? 0 : parseInteger(scalar(threads), 'intra_op_thread_count', { min: 0, max: 1024 });
  return {
    ...(count === 0 ? {} : { intraOpThreads: count }), // 0 leaves the choice to the server, in Triton too
    singleFlight: single !== undefined && parseFlag(scalar(single), 'slipway_single_flight'),
  };
}

function warnOfParameters(parameters: ReadonlyMap<string, Parameter>, warnings: string[]): void {
  for (const [key, { node }] of parameters) {
    const treatment = PARAMETER_KEYS.get(key);
    if (treatment?.kind === 'Acts') continue;
    warnings.push(`${node.place}: parameter "${key}" has no effect here: ${treatment?.why ?? 'no part of this server reads it'}`);
  }
}
