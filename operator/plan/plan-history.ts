/** Keeps the newest revisions to go back to, and forgets the oldest that nothing uses. */
import { LIMITS } from '../api/limits.js';
import type { PhasePlan, PlanContext } from './context.js';

export function planHistory({ observed }: PlanContext, used: readonly string[]): PhasePlan {
  const isUsed = (name: string): boolean => used.includes(name) || observed.deployments.has(name) || name === observed.serving;
  const newestFirst = [...observed.revisions].sort((a, b) => b.number - a.number || (a.name < b.name ? -1 : 1));
  const outdated = newestFirst.slice(LIMITS.keptRevisions).filter(({ name }) => !isUsed(name));
  return { actions: outdated.map(({ name }) => ({ kind: 'DeleteRevision', revision: name })) };
}
