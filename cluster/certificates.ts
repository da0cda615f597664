/** Who talks to whom in the cluster, as certificates: every component has its own identity, and nobody has a token. Pure. */
import { API_SERVICE_ADDRESS, type Layout, secondNodeOf } from './layout.js';

export interface CertificateRequest {
  readonly name: string;
  readonly commonName: string;
  readonly organization?: string;
  readonly hosts?: readonly string[];
}

export const COREDNS_USER = 'slipway-coredns';

export function certificateRequests(layout: Layout): CertificateRequest[] {
  const apiNames = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
  return [
    {
      name: 'apiserver',
      commonName: 'kube-apiserver',
      hosts: ['127.0.0.1', 'localhost', API_SERVICE_ADDRESS, layout.nodeAddress, ...apiNames],
    },
    { name: 'apiserver-kubelet-client', commonName: 'kube-apiserver-kubelet-client', organization: 'system:masters' },
    { name: 'admin', commonName: 'slipway-admin', organization: 'system:masters' },
    { name: 'controller-manager', commonName: 'system:kube-controller-manager' },
    { name: 'scheduler', commonName: 'system:kube-scheduler' },
    { name: 'kube-proxy', commonName: 'system:kube-proxy' },
    kubeletRequest(layout),
    // always, so that a node that comes later finds the same authority
    kubeletRequest(secondNodeOf(layout)),
    { name: 'coredns', commonName: COREDNS_USER },
  ];
}

function kubeletRequest({ kubelet, id, nodeAddress }: Layout): CertificateRequest {
  return { name: kubelet, commonName: `system:node:${id}`, organization: 'system:nodes', hosts: [nodeAddress, id] };
}
