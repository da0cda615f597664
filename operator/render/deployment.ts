/** A revision's Deployment. Its template never changes: another template is another revision. */
import { LABELS } from '../../contract/labels.js';
import { KINDS } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';
import type { RevisionView } from '../view/revision-view.js';
import { type ModelIdentity, podSelector, renderObject } from './metadata.js';

export function renderDeployment(model: ModelIdentity, revision: Pick<RevisionView, 'name' | 'template'>, replicas: number): KubeObject {
  const spec = {
    replicas,
    revisionHistoryLimit: 0,
    selector: { matchLabels: podSelector(model, revision.name) },
    template: revision.template,
  };
  return renderObject(KINDS.deployment, model, { name: revision.name, labels: { [LABELS.revision]: revision.name } }, { spec });
}
