/** The chart under Helm 4 and Helm 3: goldens, and what no value may change. SLIPWAY_UPDATE_GOLDENS=1 writes the goldens anew. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ensureHelm } from '../../cluster/binaries.js';
import { FIELD_MANAGER } from '../../contract/labels.js';
import { at, helmTemplate, type Manifest, parseManifests } from './helm-template.js';

const VALUES = join('test', 'chart', 'values');
const GOLDENS = join('test', 'golden', 'chart');
const CASES = readdirSync(VALUES).map((file) => file.replace('.yaml', ''));
const HELMS = ['helm', 'helm3'] as const;
/** Both Helms, every case: rendered once. */
const rendered = new Map<string, string>();
let programs: Readonly<Record<(typeof HELMS)[number], string>>;

beforeAll(async () => {
  programs = await ensureHelm(() => undefined);
  for (const helm of HELMS) {
    for (const name of CASES) {
      const { code, stdout, stderr } = await helmTemplate(programs[helm], ['--values', join(VALUES, `${name}.yaml`)]);
      if (code !== 0) throw new Error(`${helm} could not render "${name}": ${stderr}`);
      rendered.set(`${helm} ${name}`, stdout);
    }
  }
}, 60_000);

function manifests(name: string): Manifest[] {
  return parseManifests(rendered.get(`helm ${name}`) ?? '');
}

function ofKind(name: string, kind: string): Manifest[] {
  return manifests(name).filter((manifest) => manifest['kind'] === kind);
}

function find(name: string, kind: string): Manifest {
  const [found] = ofKind(name, kind);
  if (found === undefined) throw new Error(`"${name}" renders no ${kind}`);
  return found;
}

/** Text of one rule: groups, resources, names → verbs. */
function rulesOf(manifest: Manifest): string[] {
  const rules = manifest['rules'];
  if (!Array.isArray(rules)) return [];
  const join = (value: unknown): string => (Array.isArray(value) ? value.join(',') : '');
  return rules.map(
    (rule) => `${join(at(rule, 'apiGroups'))}/${join(at(rule, 'resources'))}[${join(at(rule, 'resourceNames'))}] ${join(at(rule, 'verbs'))}`,
  );
}

describe('goldens', () => {
  test.each(HELMS.flatMap((helm) => CASES.map((name) => ({ helm, name }))))('$helm renders $name as before', ({ helm, name }) => {
    const golden = join(GOLDENS, `${name}.yaml`);
    const text = rendered.get(`${helm} ${name}`) ?? '';
    if (process.env['SLIPWAY_UPDATE_GOLDENS'] === '1' && helm === 'helm') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  test('no golden is left of a case that is gone', () => {
    expect(readdirSync(GOLDENS).sort()).toEqual(CASES.map((name) => `${name}.yaml`).sort());
  });
});

describe.each(CASES)('with the values of %s', (name) => {
  test('the pod passes the restricted Pod Security Standard, with a read-only root', () => {
    const spec = at(find(name, 'Deployment'), 'spec', 'template', 'spec');
    expect(at(spec, 'securityContext')).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(at(spec, 'containers', 0, 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'volumes', 'initContainers']) expect(at(spec, field)).toBeUndefined();
  });

  test('nothing may read a Secret, and nothing is granted with a star', () => {
    const rules = [...ofKind(name, 'ClusterRole'), ...ofKind(name, 'Role')].flatMap(rulesOf);
    expect(rules.length).toBeGreaterThan(0);
    expect(rules.filter((rule) => rule.includes('*') || rule.includes('secrets'))).toEqual([]);
  });

  test('Services, monitors and budgets select the pods', () => {
    const pod = at(find(name, 'Deployment'), 'spec', 'template', 'metadata', 'labels');
    expect(pod).toMatchObject(Object(at(find(name, 'Deployment'), 'spec', 'selector', 'matchLabels')));
    expect(pod).toMatchObject(Object(at(find(name, 'Service'), 'spec', 'selector')));
    for (const budget of ofKind(name, 'PodDisruptionBudget')) expect(pod).toMatchObject(Object(at(budget, 'spec', 'selector', 'matchLabels')));
    const service = at(find(name, 'Service'), 'metadata', 'labels');
    for (const monitor of ofKind(name, 'ServiceMonitor')) expect(service).toMatchObject(Object(at(monitor, 'spec', 'selector', 'matchLabels')));
  });

  test('bindings name a role and an account that are there', () => {
    const names = new Set(manifests(name).map((manifest) => `${manifest['kind']}/${at(manifest, 'metadata', 'name')}`));
    for (const binding of [...ofKind(name, 'ClusterRoleBinding'), ...ofKind(name, 'RoleBinding')]) {
      expect(names).toContain(`${at(binding, 'roleRef', 'kind')}/${at(binding, 'roleRef', 'name')}`);
      expect(names).toContain(`ServiceAccount/${at(binding, 'subjects', 0, 'name')}`);
    }
    expect(names).toContain(`ServiceAccount/${at(find(name, 'Deployment'), 'spec', 'template', 'spec', 'serviceAccountName')}`);
  });
});

describe('rights', () => {
  /** What the operator's code does, and nothing else. */
  const WANTED = [
    'slipway.dev/modeldeployments[] get,list,watch',
    'slipway.dev/modeldeployments/status[] patch',
    '/pods,services[] get,list,watch,create,patch,delete',
    '/serviceaccounts[] get,list,watch,create,patch',
    '/serviceaccounts[slipway-runtime] delete',
    'apps/deployments,controllerrevisions[] get,list,watch,create,patch,delete',
    'policy/poddisruptionbudgets[] get,list,watch,create,patch,delete',
    '/events[] create,patch',
  ];
  const CRD = 'apiextensions.k8s.io/customresourcedefinitions[modeldeployments.slipway.dev] get';

  function operatorRole(name: string): Manifest {
    const role = ofKind(name, 'ClusterRole').find((one) => !/-(view|edit)$/.test(String(at(one, 'metadata', 'name'))));
    if (role === undefined) throw new Error(`"${name}" renders no ClusterRole of the operator`);
    return role;
  }

  test('cluster-wide without watchNamespaces', () => {
    expect(rulesOf(operatorRole('defaults'))).toEqual([CRD, ...WANTED]);
    expect(ofKind('defaults', 'Role').map(rulesOf)).toEqual([
      ['coordination.k8s.io/leases[] create', `coordination.k8s.io/leases[${FIELD_MANAGER}] get,patch`],
    ]);
  });

  test('in the named namespaces only with them', () => {
    expect(rulesOf(operatorRole('namespaced'))).toEqual([CRD]);
    const roles = ofKind('namespaced', 'Role').filter((role) => at(role, 'metadata', 'namespace') !== 'slipway-system');
    expect(roles.map((role) => at(role, 'metadata', 'namespace'))).toEqual(['shop', 'warehouse']);
    for (const role of roles) expect(rulesOf(role)).toEqual(WANTED);
  });

  test('people get theirs through view, edit and admin', () => {
    const labels = (suffix: string): unknown =>
      at(
        ofKind('defaults', 'ClusterRole').find((role) => String(at(role, 'metadata', 'name')).endsWith(suffix)),
        'metadata',
        'labels',
      );
    expect(labels('-view')).toMatchObject({
      'rbac.authorization.k8s.io/aggregate-to-view': 'true',
      'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
      'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
    });
    expect(labels('-edit')).toMatchObject({
      'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
      'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
    });
    expect(labels('-edit')).not.toHaveProperty('rbac.authorization.k8s.io/aggregate-to-view');
  });
});

describe('the FlowSchema', () => {
  test('is for the Lease of this release and its ServiceAccount, and for nothing else', () => {
    const schema = find('defaults', 'FlowSchema');
    expect(at(schema, 'spec', 'priorityLevelConfiguration', 'name')).toBe('leader-election');
    expect(at(schema, 'spec', 'rules')).toEqual([
      {
        subjects: [
          {
            kind: 'ServiceAccount',
            serviceAccount: { name: at(find('defaults', 'ServiceAccount'), 'metadata', 'name'), namespace: 'slipway-system' },
          },
        ],
        resourceRules: [
          { verbs: ['get', 'create', 'patch'], apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['slipway-system'] },
        ],
      },
    ]);
  });

  test('comes with the election and can be left out', async () => {
    for (const set of ['flowSchema.enabled=false', 'leaderElection=false']) {
      const { stdout } = await helmTemplate(programs.helm, ['--set', set]);
      expect([set, stdout.includes('kind: FlowSchema')]).toEqual([set, false]);
    }
  });
});

describe('images', () => {
  const container = (name: string): unknown => at(find(name, 'Deployment'), 'spec', 'template', 'spec', 'containers', 0);
  const runtime = (name: string): unknown => {
    const env = at(container(name), 'env');
    return Array.isArray(env)
      ? at(
          env.find((one) => at(one, 'name') === 'SLIPWAY_RUNTIME_IMAGE'),
          'value',
        )
      : undefined;
  };

  test('by tag from their own registries', () => {
    expect([at(container('defaults'), 'image'), runtime('defaults')]).toEqual([
      'ghcr.io/slipway-dev/control:0.1.0',
      'ghcr.io/slipway-dev/runtime:0.1.0',
    ]);
  });

  test('by digest from the one mirror', () => {
    const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
    expect(at(container('air-gapped'), 'image')).toBe(`mirror.example:5000/slipway/slipway-dev/control@${digest('1')}`);
    expect(runtime('air-gapped')).toBe(`mirror.example:5000/slipway/slipway-dev/runtime@${digest('2')}`);
  });
});

describe('refusals', () => {
  const CASES: readonly { name: string; set: readonly string[]; want: string | RegExp }[] = [
    { name: 'an unknown value', set: ['replica=2'], want: "additional properties 'replica' not allowed" },
    { name: 'an unknown value inside', set: ['images.control.pullPolicy=Always'], want: "additional properties 'pullPolicy' not allowed" },
    { name: 'a misspelt global', set: ['global.imageRegistery=x'], want: "'imageRegistery'" },
    { name: 'a short digest', set: ['images.runtime.digest=sha256:12'], want: '/images/runtime/digest' },
    { name: 'a registry with a scheme', set: ['global.imageRegistry=https://x'], want: '/global/imageRegistry' },
    { name: 'an unknown log level', set: ['logLevel=trace'], want: '/logLevel' },
    { name: 'the port of the probes', set: ['metrics.port=8081'], want: '/metrics/port' },
    { name: 'one port for two', set: ['metrics.port=8082'], want: 'debug.port and metrics.port are both 8082: give them different ports' },
    { name: 'a FlowSchema without a rank', set: ['flowSchema.matchingPrecedence=0'], want: '/flowSchema/matchingPrecedence' },
    { name: 'a toleration with a misspelt key', set: ['tolerations[0].efect=NoSchedule'], want: "additional properties 'efect' not allowed" },
    {
      name: 'two operators without an election',
      set: ['replicas=2', 'leaderElection=false'],
      want: 'replicas is 2 and leaderElection is false: the operators would work against each other. Set leaderElection to true, or replicas to 1',
    },
  ];

  test.each(HELMS.flatMap((helm) => CASES.map((row) => ({ helm, ...row }))))('$helm refuses $name', async ({ helm, set, want }) => {
    const { code, stderr } = await helmTemplate(
      programs[helm],
      set.flatMap((one) => ['--set', one]),
    );
    expect(code).not.toBe(0);
    expect(stderr).toMatch(want);
  });
});
