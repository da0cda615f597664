/** The address of the model, and one of each revision. */
import { LABELS } from '../../contract/labels.js';
import { PORT_NAMES, PORTS } from '../../contract/ports.js';
import { KINDS } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';
import { type ModelIdentity, podSelector, renderObject } from './metadata.js';

const SERVICE_PORTS = [
  { name: PORT_NAMES.grpc, port: PORTS.grpc, targetPort: PORT_NAMES.grpc, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' },
  { name: PORT_NAMES.rest, port: PORTS.rest, targetPort: PORT_NAMES.rest, protocol: 'TCP', appProtocol: 'http' },
] as const;

/** The Service that clients use: its selector names the revision that serves. */
export function renderModelService(model: ModelIdentity, revision: string): KubeObject {
  const spec = { type: 'ClusterIP', selector: podSelector(model, revision), ports: SERVICE_PORTS };
  return renderObject(KINDS.service, model, { name: model.name }, { spec });
}

/** Headless: the pods of one revision by name, for looking at a candidate before it serves. */
export function renderRevisionService(model: ModelIdentity, revision: string): KubeObject {
  const spec = { type: 'ClusterIP', clusterIP: 'None', selector: podSelector(model, revision), ports: SERVICE_PORTS };
  return renderObject(KINDS.service, model, { name: revision, labels: { [LABELS.revision]: revision } }, { spec });
}

export function modelAddress(model: ModelIdentity, port: keyof typeof PORTS): string {
  return `${model.name}.${model.namespace}.svc:${PORTS[port]}`;
}
