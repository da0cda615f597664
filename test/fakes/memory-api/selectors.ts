/** Label selectors as lists and watches take them, and the two fields that every kind can be selected by. */
import type { KubeObject } from '../../../operator/ports.js';
import { badRequest } from './refusals.js';

export type Selector = (object: KubeObject) => boolean;

const EVERYTHING: Selector = () => true;
const NAME = '[A-Za-z0-9./_-]+';
const TERM = new RegExp(`^(?:(!)?(${NAME})|(${NAME})\\s*(=|==|!=)\\s*([A-Za-z0-9._-]*)|(${NAME})\\s+(in|notin)\\s+\\(([^)]*)\\))$`);

export function parseLabelSelector(text: string | null): Selector {
  if (text === null || text.trim() === '') return EVERYTHING;
  const terms = text.split(/,(?![^(]*\))/).map(parseTerm);
  return terms.length === 1 && terms[0] !== undefined ? terms[0] : (object) => terms.every((term) => term(object));
}

export function parseFieldSelector(text: string | null): Selector {
  if (text === null || text === '') return EVERYTHING;
  const terms = text.split(',').map((term): Selector => {
    const [field, value] = term.split(/==?/);
    if (field === 'metadata.name') return ({ metadata }) => metadata.name === value;
    if (field === 'metadata.namespace') return ({ metadata }) => metadata.namespace === value;
    throw badRequest(`field label not supported: ${field}`);
  });
  return (object) => terms.every((term) => term(object));
}

function parseTerm(text: string): Selector {
  const match = TERM.exec(text.trim());
  if (match === null) throw badRequest(`unable to parse requirement: ${text}`);
  const [, not, present, left, operator, right = '', member, mode, values = ''] = match;
  if (present !== undefined) return (object) => (labelOf(object, present) !== undefined) === (not === undefined);
  if (left !== undefined) return operator === '!=' ? (object) => labelOf(object, left) !== right : (object) => labelOf(object, left) === right;
  const set = new Set(values.split(',').map((value) => value.trim()));
  return (object) => {
    const value = labelOf(object, member ?? '');
    return (value !== undefined && set.has(value)) === (mode === 'in');
  };
}

function labelOf({ metadata }: KubeObject, label: string): string | undefined {
  return metadata.labels?.[label];
}
