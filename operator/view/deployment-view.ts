/** What Slipway reads of a Deployment. */
import { LABELS } from '../../contract/labels.js';
import type { KubeObject } from '../ports.js';
import { asInteger, asList, asRecord, asText } from './json.js';

export interface DeploymentView {
  readonly name: string;
  readonly revision: string;
  readonly desired: number;
  readonly ready: number;
  /** Pods that count, terminating ones left out. */
  readonly replicas: number;
  /** The Deployment controller has seen the newest spec. */
  readonly isCurrent: boolean;
  /** Words of the API server when it refused to create pods. */
  readonly replicaFailure: string | undefined;
}

export function viewDeployment(object: KubeObject): DeploymentView {
  const spec = asRecord(object['spec']);
  const status = asRecord(object['status']);
  const failure = asList(status['conditions'])
    .map(asRecord)
    .find((condition) => condition['type'] === 'ReplicaFailure' && condition['status'] === 'True');
  return {
    name: object.metadata.name,
    revision: object.metadata.labels?.[LABELS.revision] ?? object.metadata.name,
    desired: asInteger(spec['replicas']) ?? 1,
    ready: asInteger(status['readyReplicas']) ?? 0,
    replicas: asInteger(status['replicas']) ?? 0,
    isCurrent: (asInteger(status['observedGeneration']) ?? -1) >= (object.metadata.generation ?? 0),
    replicaFailure: failure === undefined ? undefined : (asText(failure['message']) ?? asText(failure['reason']) ?? 'no reason given'),
  };
}
