/** What the process of the FuzzServer tells; garbage is collected before it looks. */
export interface FuzzPorts {
  readonly grpcPort: number;
  readonly restPort: number;
}

export interface FuzzReport {
  /** Calls ended with each code. */
  readonly codes: readonly (readonly [string, number])[];
  /** Errors that no client is told about; bounded. */
  readonly defects: readonly string[];
  /** Of the budget. */
  readonly heldBytes: number;
  readonly heapBytes: number;
  readonly handles: number;
}

export function parsePorts(message: unknown): FuzzPorts {
  if (isObject(message) && 'grpcPort' in message && 'restPort' in message) {
    const { grpcPort, restPort } = message;
    if (typeof grpcPort === 'number' && typeof restPort === 'number') return { grpcPort, restPort };
  }
  throw new Error(`The server's process sent ${JSON.stringify(message)}: expected { grpcPort, restPort }`);
}

export function parseReport(message: unknown): FuzzReport {
  if (isReport(message)) return message;
  throw new Error(`The server's process sent ${JSON.stringify(message)}: expected a report`);
}

function isReport(message: unknown): message is FuzzReport {
  if (!isObject(message) || !('codes' in message) || !('defects' in message)) return false;
  if (!('heldBytes' in message) || !('heapBytes' in message) || !('handles' in message)) return false;
  const { codes, defects, heldBytes, heapBytes, handles } = message;
  return Array.isArray(codes) && Array.isArray(defects) && [heldBytes, heapBytes, handles].every((value) => typeof value === 'number');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
