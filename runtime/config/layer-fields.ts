/** A configuration laid over another: each field that the upper one names takes the place of the lower one's, whole. */
import { ONE_OF } from './config-keys.js';
import type { FieldNode, MessageNode } from './config-node.js';
import { toSnakeCase } from './message-reader.js';

/** Of fields that exclude each other, one in `over` takes out those below it. */
export function layerFields(base: MessageNode, over: MessageNode): MessageNode {
  const named = new Set(over.fields.map((field) => nameOf(field, over)));
  const isScheduled = ONE_OF.ModelConfig.some((name) => named.has(name));
  const kept = base.fields.filter((field) => {
    const name = nameOf(field, base);
    return !named.has(name) && !(isScheduled && ONE_OF.ModelConfig.some((scheduler) => scheduler === name));
  });
  // Names of both are written alike from here on; what lies inside keeps the form of its own text.
  const fields = [
    ...kept.map((field) => ({ ...field, name: nameOf(field, base) })),
    ...over.fields.map((field) => ({ ...field, name: nameOf(field, over) })),
  ];
  return { kind: 'Message', place: over.place, form: over.form, fields };
}

function nameOf(field: FieldNode, of: MessageNode): string {
  return of.form === 'Json' ? toSnakeCase(field.name) : field.name;
}
