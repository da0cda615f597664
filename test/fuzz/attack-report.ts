/** What the server under attack tells of itself, over its IPC channel. */

/** For all messages of all calls. */
export const ATTACKED_BUDGET_BYTES = 64 * 1024 * 1024;

export interface AttackReport {
  /** Since the process began. */
  readonly peakRssBytes: number;
  /** Calls of Hang that reached the method, which never answers them. */
  readonly begun: number;
  readonly calls: number;
  readonly heldBytes: number;
}

export function parseAttackReport(value: unknown): AttackReport {
  const read = (name: keyof AttackReport): number => {
    const number: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    if (typeof number !== 'number') throw new Error(`The attacked server told no "${name}": ${JSON.stringify(value)}`);
    return number;
  };
  return { peakRssBytes: read('peakRssBytes'), begun: read('begun'), calls: read('calls'), heldBytes: read('heldBytes') };
}

export function parseAttackedPort(value: unknown): number {
  const port: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'port') : undefined;
  if (typeof port !== 'number') throw new Error(`The attacked server told no port: ${JSON.stringify(value)}`);
  return port;
}
