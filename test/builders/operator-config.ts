/** The configuration of an operator that runs in memory: elected, quiet, listening on nothing. */
import type { OperatorConfig } from '../../operator/config.js';
import { TEST_CONFIG } from './test-config.js';

export function makeOperatorConfig(instance: string, namespace: string): OperatorConfig {
  return {
    instance,
    namespace,
    logLevel: 'error',
    leaderElection: true,
    metricsPort: 0,
    probesPort: 0,
    debugPort: undefined,
    watchNamespaces: [],
    render: TEST_CONFIG,
  };
}
