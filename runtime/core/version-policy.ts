/** Which of the versions that a model's folder holds are served. */
import type { VersionPolicy } from './model-settings.js';
import { compareVersions } from './readiness.js';

/** In ascending order. Of `Specific`, those that are there. */
export function selectVersions(versions: readonly string[], policy: VersionPolicy): string[] {
  const sorted = [...versions].sort(compareVersions);
  switch (policy.kind) {
    case 'All':
      return sorted;
    case 'Latest':
      return sorted.slice(-policy.count);
    case 'Specific':
      return sorted.filter((version) => policy.versions.includes(version));
  }
}
