/** Helm never upgrades a CRD: an operator on an older schema would have its new fields silently dropped. Better not to start. */
import { ANNOTATIONS } from '../../contract/labels.js';
import type { KubeClient } from '../../lib/kube/kube-client.js';
import type { ResourceKind } from '../ports.js';

const CRDS: ResourceKind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
};

export interface WantedCrd {
  readonly name: string;
  readonly revision: number;
  readonly hash: string;
  /** What `helm` calls the chart, for the command that fixes it. */
  readonly chart: string;
}

/** Throws when the served CRD is absent, older than this operator, or another one under the same number. Newer is fine. */
export async function checkServedCrd(client: KubeClient, wanted: WantedCrd): Promise<void> {
  const { name, revision, hash } = wanted;
  const crd = await client.find(CRDS, { name });
  if (crd === undefined) throw problem(wanted, 'is not installed');
  const annotations = crd.metadata.annotations ?? {};
  const servedText = annotations[ANNOTATIONS.schemaRevision];
  const served = Number(servedText);
  if (servedText === undefined || !Number.isInteger(served)) {
    throw problem(wanted, `has no annotation ${ANNOTATIONS.schemaRevision}, so it is older than this operator or not Slipway's`);
  }
  if (served < revision) throw problem(wanted, `has schema revision ${served} and this operator needs ${revision}`);
  const servedHash = annotations[ANNOTATIONS.schemaHash];
  if (served === revision && servedHash !== undefined && servedHash !== hash) {
    throw problem(wanted, `has schema revision ${served} with hash ${servedHash} where this operator was built with ${hash}`);
  }
}

function problem({ name, chart }: WantedCrd, what: string): Error {
  return new Error(
    `CustomResourceDefinition "${name}" ${what}: run \`helm show crds ${chart} | kubectl apply --server-side --force-conflicts -f -\``,
  );
}
