import { describe, expect, test } from '@jest/globals';
import { ConfigError, parseConfig } from './config.js';

const IMAGE = { SLIPWAY_RUNTIME_IMAGE: 'registry.test/runtime:1' };

describe('parseConfig', () => {
  test('an image is enough', () => {
    expect(parseConfig(IMAGE, 'host-1')).toEqual({
      ...{
        instance: 'host-1',
        namespace: undefined,
        logLevel: 'info',
        leaderElection: true,
        metricsPort: 8080,
        probesPort: 8081,
        debugPort: undefined,
        watchNamespaces: [],
      },
      render: {
        runtimeImage: 'registry.test/runtime:1',
        imagePullSecrets: [],
        caConfigMap: undefined,
        plainHttpHosts: [],
        hubEndpoint: undefined,
        proxy: {},
      },
    });
  });

  test('takes all that the chart gives', () => {
    const env = {
      ...IMAGE,
      SLIPWAY_POD_NAME: 'slipway-0',
      SLIPWAY_POD_NAMESPACE: 'slipway-system',
      SLIPWAY_LOG_LEVEL: 'debug',
      SLIPWAY_LEADER_ELECTION: 'false',
      SLIPWAY_METRICS_PORT: '9090',
      SLIPWAY_DEBUG_PORT: '8082',
      SLIPWAY_WATCH_NAMESPACES: 'shop, lab,shop',
      SLIPWAY_IMAGE_PULL_SECRETS: 'mirror',
      SLIPWAY_CA_CONFIGMAP: 'private-ca',
      SLIPWAY_PLAIN_HTTP_HOSTS: 'registry.test:5000,[fd00::1]:80',
      SLIPWAY_HUB_ENDPOINT: 'https://hub.test:8443/api/mirror',
      HTTPS_PROXY: 'http://proxy.test:3128',
      NO_PROXY: '.svc',
      HTTP_PROXY: '',
    };
    expect(parseConfig(env, 'host-1')).toMatchObject({
      ...{ instance: 'slipway-0', namespace: 'slipway-system', logLevel: 'debug', leaderElection: false, metricsPort: 9090, debugPort: 8082 },
      watchNamespaces: ['shop', 'lab'],
      render: {
        ...{ imagePullSecrets: ['mirror'], caConfigMap: 'private-ca', plainHttpHosts: ['registry.test:5000', '[fd00::1]:80'] },
        hubEndpoint: 'https://hub.test:8443/api/mirror',
        proxy: { HTTPS_PROXY: 'http://proxy.test:3128', NO_PROXY: '.svc' },
      },
    });
  });

  test.each<{ env: Record<string, string>; want: string }>([
    { env: { SLIPWAY_RUNTIME_IMAGE: '' }, want: 'SLIPWAY_RUNTIME_IMAGE is missing: give' },
    { env: { SLIPWAY_LOG_LEVEL: 'loud' }, want: 'SLIPWAY_LOG_LEVEL "loud" is not known: give debug, info, warn, error' },
    { env: { SLIPWAY_LEADER_ELECTION: 'yes' }, want: 'SLIPWAY_LEADER_ELECTION "yes" is neither true nor false' },
    { env: { SLIPWAY_METRICS_PORT: '80800' }, want: 'SLIPWAY_METRICS_PORT "80800" is not a port' },
    { env: { SLIPWAY_DEBUG_PORT: '-1' }, want: 'SLIPWAY_DEBUG_PORT "-1" is not a port' },
    { env: { SLIPWAY_WATCH_NAMESPACES: 'Shop' }, want: 'SLIPWAY_WATCH_NAMESPACES has "Shop", which is not a namespace' },
    {
      env: { SLIPWAY_WATCH_NAMESPACES: Array.from({ length: 51 }, (_, at) => `shop-${at}`).join(',') },
      want: 'SLIPWAY_WATCH_NAMESPACES has 51 namespaces, and 50 can be watched one by one: give none to watch all',
    },
    {
      env: { SLIPWAY_HUB_ENDPOINT: 'hub.test' },
      want: 'SLIPWAY_HUB_ENDPOINT has "hub.test", which is not a URL of the form https://host[:port][/path]',
    },
    { env: { SLIPWAY_PLAIN_HTTP_HOSTS: 'http://x' }, want: 'SLIPWAY_PLAIN_HTTP_HOSTS has "http://x", which is not a host or host:port' },
  ])('$want', ({ env, want }) => {
    const parse = () => parseConfig({ ...IMAGE, ...env }, 'host-1');
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(want);
  });
});
