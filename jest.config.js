/**
 * Jest over what tsc compiled: no transform, ES modules as they ship. Tests that need a cluster, a registry or Python are named
 * *.e2e.test.ts; they run only with SLIPWAY_SLOW_TESTS=1 and a --testPathPatterns, as `npm test` does. Seeded sweeps are named
 * *.long.test.ts; they run with SLIPWAY_LONG_TESTS=1, as `npm run test:long` does.
 */
const slow = process.env.SLIPWAY_SLOW_TESTS === '1';
const long = process.env.SLIPWAY_LONG_TESTS === '1';

export default {
  roots: ['<rootDir>/dist'],
  testMatch: ['**/*.test.js'],
  testPathIgnorePatterns: ['/node_modules/', ...(slow ? [] : ['\\.e2e\\.test\\.js$', '/dist/test/e2e/']), ...(long ? [] : ['\\.long\\.test\\.js$'])],
  modulePathIgnorePatterns: ['<rootDir>/.slipway/'],
  transform: {},
  testEnvironment: 'node',
  injectGlobals: false,
  testTimeout: slow ? 120_000 : 10_000,
  watchman: false,
};
