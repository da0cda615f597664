/** `dynamic_batching` → how requests wait for one another and which goes first. */
import { DEFAULT_QUEUE_POLICY, type ModelSettings, type QueuePolicy } from '../core/model-settings.js';
import { ConfigError } from './config-error.js';
import { MessageReader } from './message-reader.js';
import { parseInteger } from './scalars.js';

type BatchingSettings = Partial<
  Pick<
    ModelSettings,
    'preferredRows' | 'maxDelaySeconds' | 'preserveOrdering' | 'priorityLevels' | 'defaultPriority' | 'queuePolicy' | 'priorityPolicies'
  >
>;

const MAX_INT32 = 2 ** 31 - 1;
/** A queue for each: more than a handful has no use. */
const MAX_PRIORITY_LEVELS = 1000;
const TIMEOUT_ACTIONS = { REJECT: 0, DELAY: 1 } as const;

export function readDynamicBatching(reader: MessageReader | undefined, maxBatchRows: number | undefined): BatchingSettings {
  if (reader === undefined) return {};
  if (maxBatchRows === 0) reader.fail('', '"dynamic_batching" needs "max_batch_size" above 0: set it, or take "dynamic_batching" out');
  const priorityLevels = reader.integer('priority_levels', 0, MAX_PRIORITY_LEVELS) ?? 0;
  const queuePolicy = reader.message('default_queue_policy', 'ModelQueuePolicy');
  return {
    preferredRows: readPreferredRows(reader, maxBatchRows),
    maxDelaySeconds: readMicroseconds(reader, 'max_queue_delay_microseconds') ?? 0,
    preserveOrdering: reader.flag('preserve_ordering') ?? false,
    priorityLevels,
    defaultPriority: readDefaultPriority(reader, priorityLevels),
    queuePolicy: queuePolicy === undefined ? DEFAULT_QUEUE_POLICY : readQueuePolicy(queuePolicy),
    priorityPolicies: readPriorityPolicies(reader, priorityLevels),
  };
}

/** Seconds of a field in microseconds; an hour at most. */
export function readMicroseconds(reader: MessageReader, name: string): number | undefined {
  const micros = reader.integer(name, 0, 3_600_000_000);
  return micros === undefined ? undefined : micros / 1e6;
}

function readPreferredRows(reader: MessageReader, maxBatchRows: number | undefined): number[] {
  const rows = reader.integers('preferred_batch_size', 1, maxBatchRows ?? MAX_INT32);
  return [...new Set(rows)].sort((a, b) => a - b);
}

function readDefaultPriority(reader: MessageReader, levels: number): number {
  const level = reader.integer('default_priority_level', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  if (levels === 0) return 0; // Triton ignores the default then, too
  if (level >= 1 && level <= levels) return level;
  return reader.fail('default_priority_level', `"default_priority_level" is ${level}: with ${levels} "priority_levels" give 1 to ${levels}`);
}

function readPriorityPolicies(reader: MessageReader, levels: number): Map<number, QueuePolicy> {
  return new Map(
    reader.entries('priority_queue_policy').map(({ key, value }) => {
      const node = { kind: 'Scalar', place: value.place, text: key, form: 'Json' } as const;
      const level = parseInteger(node, 'key of priority_queue_policy', { min: 1, max: Math.max(1, levels) });
      if (value.kind === 'Scalar') throw new ConfigError(value.place, '"priority_queue_policy" holds a policy by level: write value { … }');
      return [level, readQueuePolicy(new MessageReader(value, 'ModelQueuePolicy', reader.warnings))];
    }),
  );
}

/** 0 means unlimited in Triton: here only the server's own limits bind then. */
function readQueuePolicy(reader: MessageReader): QueuePolicy {
  const maxRows = reader.integer('max_queue_size', 0, MAX_INT32) ?? 0;
  const timeoutSeconds = readMicroseconds(reader, 'default_timeout_microseconds') ?? 0;
  return {
    ...(maxRows === 0 ? {} : { maxRows }),
    ...(timeoutSeconds === 0 ? {} : { timeoutSeconds }),
    timeoutAction: reader.choice('timeout_action', TIMEOUT_ACTIONS) ?? 'REJECT',
    allowTimeoutOverride: reader.flag('allow_timeout_override') ?? false,
  };
}
