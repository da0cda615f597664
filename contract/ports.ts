/** Ports of the runtime container and of the Services in front of it (Triton's numbers). */
export const PORTS = { rest: 8000, grpc: 8001, metrics: 8002 } as const;

/** Names of the same ports in pod and Service specs. */
export const PORT_NAMES = { rest: 'rest', grpc: 'grpc', metrics: 'metrics' } as const;

/** Ports of the operator pod. */
export const OPERATOR_PORTS = { metrics: 8080, probes: 8081 } as const;
