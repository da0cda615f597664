/**
 * A load report in the forms in which clients take one: xds.data.orca.v3.OrcaLoadReport for gRPC's trailer
 * `endpoint-load-metrics-bin` (gRFC A51), and the texts of the HTTP header `endpoint-load-metrics`, as Triton writes them.
 * Source of field numbers: cncf/xds, xds/data/orca/v3/orca_load_report.proto.
 */
import { Buffer } from 'node:buffer';

export interface LoadReport {
  /** CPU in use, over what is granted; 0 to 1, a little more where a quota is overdrawn. */
  readonly cpuUtilization: number;
  /** Memory in use, over what is granted; 0 to 1. */
  readonly memoryUtilization: number;
  /** How full the model is; above 1 when requests wait for others. */
  readonly applicationUtilization: number;
  readonly requestsPerSecond: number;
  /** Requests per second that failed and not by their own fault. */
  readonly errorsPerSecond: number;
  /** Names of at most 100 ASCII characters. */
  readonly named: Readonly<Record<string, number>>;
}

/** Name in JSON and text, field number. */
const DOUBLES = [
  ['cpu_utilization', 1, 'cpuUtilization'],
  ['mem_utilization', 2, 'memoryUtilization'],
  ['rps_fractional', 6, 'requestsPerSecond'],
  ['eps', 7, 'errorsPerSecond'],
  ['application_utilization', 9, 'applicationUtilization'],
] as const;
const NAMED_FIELD = 8;
const WIRE_DOUBLE = 1;
const WIRE_BYTES = 2;

export function encodeLoadReport(report: LoadReport): Buffer {
  const parts = DOUBLES.filter(([, , key]) => report[key] !== 0).map(([, field, key]) => encodeDouble(field, report[key]));
  for (const [name, value] of Object.entries(report.named)) {
    const key = Buffer.from(name);
    const entry = Buffer.concat([Buffer.of((1 << 3) | WIRE_BYTES, key.length), key, encodeDouble(2, value)]);
    parts.push(Buffer.of((NAMED_FIELD << 3) | WIRE_BYTES, entry.length), entry);
  }
  return Buffer.concat(parts);
}

function encodeDouble(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = (field << 3) | WIRE_DOUBLE;
  bytes.writeDoubleLE(value, 1);
  return bytes;
}

/** `wanted` is the request's header `endpoint-load-metrics-format`; undefined for formats that are not known. */
export function formatLoadReport(report: LoadReport, wanted: string): string | undefined {
  const values = DOUBLES.map(([name, , key]) => [name, round(report[key])] as const);
  const named = Object.entries(report.named).map(([name, value]) => [name, round(value)] as const);
  switch (wanted.trim().toLowerCase()) {
    case 'json':
      return `JSON ${JSON.stringify({ ...Object.fromEntries(values), named_metrics: Object.fromEntries(named) })}`;
    case 'text':
      return `TEXT ${[...values, ...named.map(([name, value]) => [`named_metrics.${name}`, value] as const)].map(([name, value]) => `${name}=${value}`).join(', ')}`;
    default:
      return undefined;
  }
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
