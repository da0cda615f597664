/** The edge at which an object of the API server becomes a ModelDeployment. The CRD's schema has checked the rest. */
import { KINDS } from '../api/kinds.js';
import type { ModelDeployment } from '../api/zz_generated.modeldeployment.js';
import type { KubeObject } from '../ports.js';
import { asRecord } from './json.js';

export function isModelDeployment(object: KubeObject): object is KubeObject & ModelDeployment {
  const { apiVersion, kind } = KINDS.modelDeployment;
  const model = asRecord(asRecord(object['spec'])['model']);
  return object.apiVersion === apiVersion && object.kind === kind && typeof model['uri'] === 'string';
}
