/** What `nodebox supervise` writes about itself and its components. Pure. */
export interface ComponentState {
  readonly name: string;
  readonly phase: 'waiting' | 'running' | 'exited';
  readonly pid?: number;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly error?: string;
  readonly startedAt?: string;
  readonly exitedAt?: string;
  readonly starts: number;
  readonly log: string;
}

export interface SupervisorState {
  readonly pid: number;
  readonly startTicks: number;
  readonly components: readonly ComponentState[];
}

/** Undefined for what no supervisor of this version wrote. */
export function parseSupervisorState(text: string): SupervisorState | undefined {
  const { pid, startTicks, components } = fieldsOf(parseJson(text));
  if (typeof pid !== 'number' || typeof startTicks !== 'number' || !Array.isArray(components)) return undefined;
  const parsed = components.map(parseComponent);
  const known = parsed.filter((component) => component !== undefined);
  return known.length === parsed.length ? { pid, startTicks, components: known } : undefined;
}

function parseComponent(value: unknown): ComponentState | undefined {
  const { name, phase, pid, exitCode, signal, error, startedAt, exitedAt, starts, log } = fieldsOf(value);
  if (typeof name !== 'string' || typeof log !== 'string' || typeof starts !== 'number') return undefined;
  if (phase !== 'waiting' && phase !== 'running' && phase !== 'exited') return undefined;
  return {
    name,
    phase,
    starts,
    log,
    ...(typeof pid === 'number' ? { pid } : {}),
    ...(typeof exitCode === 'number' ? { exitCode } : {}),
    ...(typeof signal === 'string' ? { signal } : {}),
    ...(typeof error === 'string' ? { error } : {}),
    ...(typeof startedAt === 'string' ? { startedAt } : {}),
    ...(typeof exitedAt === 'string' ? { exitedAt } : {}),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
