/** How the API server says no: code, reason and words of each refusal. */
import { KubeError } from '../../../lib/kube/kube-error.js';
import type { ResourceKind } from '../../../operator/ports.js';
import { kindName, resourceName } from './kinds.js';

export function notFound(resource: ResourceKind, name: string): KubeError {
  return new KubeError(`${resourceName(resource)} "${name}" not found`, { code: 404, reason: 'NotFound' });
}

export function alreadyExists(resource: ResourceKind, name: string): KubeError {
  return new KubeError(`${resourceName(resource)} "${name}" already exists`, { code: 409, reason: 'AlreadyExists' });
}

export function conflict(resource: ResourceKind, name: string, why: string): KubeError {
  return new KubeError(`Operation cannot be fulfilled on ${resourceName(resource)} "${name}": ${why}`, { code: 409, reason: 'Conflict' });
}

export function modified(resource: ResourceKind, name: string): KubeError {
  return conflict(resource, name, 'the object has been modified; please apply your changes to the latest version and try again');
}

export function invalid(resource: ResourceKind, name: string, why: string): KubeError {
  return new KubeError(`${kindName(resource)} "${name}" is invalid: ${why}`, { code: 422, reason: 'Invalid' });
}

export function badRequest(message: string): KubeError {
  return new KubeError(message, { code: 400, reason: 'BadRequest' });
}

export function expired(message: string): KubeError {
  return new KubeError(message, { code: 410, reason: 'Expired' });
}
