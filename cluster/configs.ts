/** The configuration files of the node's components. Pure: a map from path (below the state folder) to text. */
import { join } from 'node:path';
import { COREDNS_USER } from './certificates.js';
import { API_PORT, type Layout, POD_CIDR, REGISTRY_NAME, REGISTRY_PORT } from './layout.js';

export interface ImageSettings {
  /** Holds each pod's namespaces open. */
  readonly pauseImage: string;
  readonly snapshotter: 'overlayfs' | 'native';
}

export function configFiles(layout: Layout, images: ImageSettings): Record<string, string> {
  return {
    'containerd.toml': containerdConfig(layout, images),
    [`registries/${REGISTRY_NAME}:${REGISTRY_PORT}/hosts.toml`]: registryHosts(layout),
    'cni-conf/10-slipway.conflist': json(cniConfig(layout)),
    'kubelet.json': json(kubeletConfig(layout)),
    'kube-proxy.json': json(proxyConfig(layout)),
    Corefile: corefile(layout),
    'coredns-policy.jsonl': corednsPolicy(),
    'resolv.conf': `nameserver ${layout.controlAddress}\n`,
    ...Object.fromEntries(
      ['controller-manager', 'scheduler', 'kube-proxy', 'kubelet', 'coredns'].map((user) => [`${user}.kubeconfig`, kubeconfig(layout, user)]),
    ),
  };
}

const OF_ANY_NODE = /^(containerd\.toml|registries\/.*|cni-conf\/.*|kubelet\..*|kube-proxy\..*|resolv\.conf)$/;

/** The part that a node has which only runs pods. */
export function secondNodeFiles(layout: Layout, images: ImageSettings): Record<string, string> {
  return Object.fromEntries(Object.entries(configFiles(layout, images)).filter(([name]) => OF_ANY_NODE.test(name)));
}

/** A kubeconfig that names certificate files; `kubectl` users get the same with the files' content (see kubeconfigData). */
function kubeconfig(layout: Layout, user: string): string {
  const file = (name: string): string => join(layout.pkiDir, name);
  const certificate = user === 'kubelet' ? layout.kubelet : user;
  return json({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: layout.id, cluster: { server: serverUrl(layout), 'certificate-authority': file('ca.crt') } }],
    users: [{ name: user, user: { 'client-certificate': file(`${certificate}.crt`), 'client-key': file(`${certificate}.key`) } }],
    contexts: [{ name: layout.id, context: { cluster: layout.id, user } }],
    'current-context': layout.id,
  });
}

/** For people and clients: everything in one file that can be copied. Arguments are PEM texts. */
export function kubeconfigData(layout: Layout, pem: { readonly ca: string; readonly certificate: string; readonly key: string }): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return json({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: layout.id, cluster: { server: serverUrl(layout), 'certificate-authority-data': base64(pem.ca) } }],
    users: [{ name: layout.id, user: { 'client-certificate-data': base64(pem.certificate), 'client-key-data': base64(pem.key) } }],
    contexts: [{ name: layout.id, context: { cluster: layout.id, user: layout.id } }],
    'current-context': layout.id,
  });
}

function serverUrl(layout: Layout): string {
  return `https://${layout.controlAddress}:${API_PORT}`;
}

function containerdConfig(layout: Layout, { pauseImage, snapshotter }: ImageSettings): string {
  const cri = (part: string): string => `plugins."io.containerd.cri.v1.${part}"`;
  return `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[${cri('images')}]
  snapshotter = "${snapshotter}"
[${cri('images')}.pinned_images]
  sandbox = "${pauseImage}"
[${cri('images')}.registry]
  config_path = "${join(layout.stateDir, 'registries')}"
[${cri('runtime')}]
  restrict_oom_score_adj = true
[${cri('runtime')}.cni]
  bin_dirs = ["/usr/lib/cni", "/opt/cni/bin"]
  conf_dir = "${join(layout.stateDir, 'cni-conf')}"
[${cri('runtime')}.containerd]
  default_runtime_name = "runc"
[${cri('runtime')}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[${cri('runtime')}.containerd.runtimes.runc.options]
  SystemdCgroup = false
`;
}

function registryHosts(layout: Layout): string {
  const server = `http://${layout.controlAddress}:${REGISTRY_PORT}`;
  return `server = "${server}"\n[host."${server}"]\n  capabilities = ["pull", "resolve"]\n`;
}

/**
 * Point to point links: no bridge, hence no br_netfilter, and every packet between pods passes the node's iptables. The subnet is that
 * of all nodes, of which each gives a range: so packets between pods keep their source, on whichever nodes these are.
 */
function cniConfig({ podRange: { first, last } }: Layout): object {
  const range = { subnet: POD_CIDR, rangeStart: first, rangeEnd: last };
  return {
    cniVersion: '1.0.0',
    name: 'slipway',
    plugins: [
      { type: 'ptp', ipMasq: true, ipam: { type: 'host-local', ranges: [[range]], routes: [{ dst: '0.0.0.0/0' }] } },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function kubeletConfig(layout: Layout): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    clusterDNS: [layout.controlAddress],
    clusterDomain: 'cluster.local',
    resolvConf: join(layout.stateDir, 'resolv.conf'),
    cgroupDriver: 'cgroupfs',
    cgroupRoot: layout.cgroup,
    failSwapOn: false,
    failCgroupV1: false,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: join(layout.pkiDir, 'ca.crt') } },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(layout.pkiDir, `${layout.kubelet}.crt`),
    tlsPrivateKeyFile: join(layout.pkiDir, `${layout.kubelet}.key`),
    podLogsDir: join(layout.stateDir, 'pod-logs'),
    volumePluginDir: '/var/lib/kubelet/volumeplugins',
    serializeImagePulls: false,
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    nodeStatusUpdateFrequency: '2s', // a device's change of health reaches the scheduler with this
    healthzPort: 10248,
  };
}

function proxyConfig(layout: Layout): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: join(layout.stateDir, 'kube-proxy.kubeconfig') },
    mode: 'iptables',
    clusterCIDR: POD_CIDR,
    hostnameOverride: layout.id,
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    iptables: { minSyncPeriod: '100ms' },
  };
}

/** The last rule answers "no such name" for the rest of the world: pods here reach nothing outside. */
function corefile(layout: Layout): string {
  return `.:53 {
  errors
  health 127.0.0.1:8081
  ready 127.0.0.1:8181
  cache 2
  hosts {
    ${layout.nodeAddress} ${REGISTRY_NAME}
    ttl 5
    fallthrough
  }
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${join(layout.stateDir, 'coredns.kubeconfig')} ${layout.id}
    ttl 2
  }
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;
}

/** What CoreDNS may read, as a policy file: it is there before CoreDNS asks, unlike RBAC objects that somebody has to create first. */
function corednsPolicy(): string {
  const readable = [
    { apiGroup: '', resource: 'namespaces' },
    { apiGroup: '', resource: 'services' },
    { apiGroup: 'discovery.k8s.io', resource: 'endpointslices' },
  ];
  const lines = readable.map((one) => ({
    apiVersion: 'abac.authorization.kubernetes.io/v1beta1',
    kind: 'Policy',
    spec: { user: COREDNS_USER, readonly: true, namespace: '*', ...one },
  }));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
