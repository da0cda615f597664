import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CONDITION_TYPES, LAYERS, layerRank, REASONS, type ReasonInfo } from './reasons.js';

const ALL: readonly (readonly [string, ReasonInfo])[] = Object.entries(REASONS);

describe('reasons', () => {
  test.each(ALL)('%s is PascalCase, says what it means and what to do', (name, { meaning, remedy, layer }) => {
    expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(meaning).toMatch(/\.$/);
    if (layer !== undefined) expect(remedy).toMatch(/\.$/);
  });

  test('the condition types are those of the CRD, in its order', () => {
    const crd = readFileSync('crds/modeldeployments.slipway.dev.yaml', 'utf8');
    expect(crd).toContain(`enum: [${CONDITION_TYPES.join(', ')}]`);
  });

  test('the ground comes first, progress last', () => {
    expect(layerRank('QuotaExceeded')).toBeLessThan(layerRank('Unschedulable'));
    expect(layerRank('DigestMismatch')).toBeLessThan(layerRank('ModelInvalid'));
    expect(layerRank('Loading')).toBe(LAYERS.length);
  });
});
