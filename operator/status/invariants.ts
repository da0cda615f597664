/** What holds of every status that Slipway writes, whatever happened. Checked in every controller test. */
import { CONDITION_TYPES, REASONS } from '../api/reasons.js';
import type { ModelDeployment, StatusCondition } from '../api/zz_generated.modeldeployment.js';

/** Sentences about what is broken; empty when nothing is. */
export function findBrokenInvariants({ metadata, status }: ModelDeployment): string[] {
  if (status === undefined || isUnwritten(status)) return [];
  const conditions = status.conditions ?? [];
  const of = (type: StatusCondition['type']): StatusCondition | undefined => conditions.find((condition) => condition.type === type);
  const [ready, stalled, reconciling, available] = [of('Ready'), of('Stalled'), of('Reconciling'), of('Available')];
  const rules: readonly (readonly [boolean, string])[] = [
    [ready !== undefined, 'Ready is always there'],
    [!(ready?.status === 'True' && (stalled !== undefined || reconciling !== undefined)), 'a Ready model is neither Stalled nor Reconciling'],
    [!(ready?.status === 'True' && available?.status !== 'True'), 'a Ready model is Available'],
    [!(ready?.status === 'True' && (status.blockers ?? []).length > 0), 'a Ready model has no blockers'],
    [!(stalled !== undefined && reconciling !== undefined), 'Stalled and Reconciling exclude each other'],
    [
      [stalled, reconciling].every((negative) => negative === undefined || negative.status === 'True'),
      'Stalled and Reconciling are there only while True',
    ],
    [(of('UpdateAvailable')?.status ?? 'True') === 'True', 'UpdateAvailable is there only while True'],
    [(of('UpdateAvailable') === undefined) === (status.update === undefined), 'UpdateAvailable and status.update come and go together'],
    [(status.update?.changes.length ?? 1) > 0 && (status.update?.changes.length ?? 0) <= 10, 'an update says what it changes, in at most 10 lines'],
    [conditions.every(({ reason }) => Object.hasOwn(REASONS, reason)), 'every reason is a known one'],
    [conditions.every(({ message }) => message !== '' && byteLength(message) <= 1024), 'every message says something in at most 1 KiB'],
    [conditions.every(({ observedGeneration }) => observedGeneration === status.observedGeneration), 'all conditions are of one generation'],
    [(status.observedGeneration ?? 0) <= (metadata.generation ?? 0), 'no generation is observed before it exists'],
    [isSorted(conditions.map(({ type }) => CONDITION_TYPES.indexOf(type))), 'conditions stand in one order, each once'],
    [(status.pods ?? []).length <= 20 && (status.blockers ?? []).length <= 10, 'lists are bounded'],
  ];
  return rules.filter(([holds]) => !holds).map(([, rule]) => rule);
}

/** What the API server itself gives a new object, and one whose status was wiped: the CRD's default, which no operator writes. */
function isUnwritten({ observedGeneration, conditions }: NonNullable<ModelDeployment['status']>): boolean {
  return observedGeneration === -1 && conditions === undefined;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function isSorted(places: readonly number[]): boolean {
  return places.every((place, index) => index === 0 || place > (places[index - 1] ?? -1));
}
