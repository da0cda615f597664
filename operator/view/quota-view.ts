/** What Slipway reads of a ResourceQuota: what it allows, what is used, and of which pods it speaks. */
import type { KubeObject } from '../ports.js';
import { type Amounts, readAmounts } from './amounts.js';
import { asList, asRecord, asText } from './json.js';

export interface QuotaScope {
  readonly scope: string;
  readonly operator: string;
  readonly values: readonly string[];
}

export interface QuotaView {
  readonly namespace: string;
  readonly name: string;
  readonly hard: Amounts;
  readonly used: Amounts;
  /** A pod must be in all of them. */
  readonly scopes: readonly QuotaScope[];
}

export function viewQuota(object: KubeObject): QuotaView {
  const spec = asRecord(object['spec']);
  const status = asRecord(object['status']);
  const plain = asList(spec['scopes']).map((scope) => ({ scope: asText(scope) ?? '', operator: 'Exists', values: [] }));
  const selected = asList(asRecord(spec['scopeSelector'])['matchExpressions']).map((value) => {
    const { scopeName, operator, values } = asRecord(value);
    return { scope: asText(scopeName) ?? '', operator: asText(operator) ?? '', values: asList(values).map((one) => asText(one) ?? '') };
  });
  return {
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    // admission goes by the status; before the controller has written one, the spec is what it will be
    hard: readAmounts(status['hard'] ?? spec['hard']),
    used: readAmounts(status['used']),
    scopes: [...plain, ...selected],
  };
}
