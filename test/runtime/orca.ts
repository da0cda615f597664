/** Reads load reports with another library's protobuf, by the definition that grpc-js ships. */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const PROTO = 'node_modules/@grpc/grpc-js/proto/xds/xds/data/orca/v3/orca_load_report.proto';
/** Alone: what it imports is for validators. */
const Report = protobuf.parse(readFileSync(PROTO, 'utf8')).root.lookupType('xds.data.orca.v3.OrcaLoadReport');

/** Fields by their names in camel case; those that are missing are zero. */
export function readLoadReport(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  return Report.toObject(Report.decode(bytes), { defaults: true });
}
