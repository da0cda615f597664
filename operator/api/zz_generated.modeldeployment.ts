// Generated from crds/modeldeployments.slipway.dev.yaml by `npm run generate`. Do not edit.

/** Grows with each change of the CRD's schema; an operator needs a served CRD that is at least this new. */
export const CRD_SCHEMA_REVISION = 3;

/** SHA-256 of the CRD's spec.versions as JSON with sorted keys and no spaces. */
export const CRD_SCHEMA_HASH = 'sha256:3112bfcba058eb36f664289ee8f949cc6db7fecfd1137118aa17e7779fcdd8a5';

export const CRD_NAME = 'modeldeployments.slipway.dev';

/** A type and not an interface: so it is assignable to records. Objects from a cache are shared, hence readonly throughout. */
export type ModelDeployment = {
  readonly apiVersion: 'slipway.dev/v1alpha1';
  readonly kind: 'ModelDeployment';
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: ModelDeploymentSpec;
  readonly status?: ModelDeploymentStatus;
};

export interface ModelDeploymentSpec {
  readonly model: SpecModel;
  readonly runtime?: SpecRuntime;
  readonly accelerator?: SpecAccelerator;
  /**
   * Serving pods. Absent means 1. kubectl scale writes it.
   */
  readonly replicas?: number;
  /**
   * True: no pods. The address stays.
   */
  readonly suspend?: boolean;
}
/**
 * Which model, and how to know that it is the right one.
 */
export interface SpecModel {
  /**
   * Where the model is: oci://registry/repository:tag (or @sha256:…), hf://owner/model[/path][@revision], s3://bucket/key-or-prefix, https://… or http://…
   */
  readonly uri: string;
  /**
   * Pin: for oci:// the manifest's digest, else the SHA-256 of the file, or of what sha256sum prints of several. Without it the digest is resolved once per revision and written to status.
   */
  readonly digest?: string;
  /**
   * Version that clients see. A positive integer in a string, as Triton's clients require.
   */
  readonly version?: string;
  /**
   * Accept an http:// or https:// source without a digest. What was served is still written to status.
   */
  readonly allowUnpinned?: boolean;
  readonly secretRef?: SpecModelSecretRef;
}
/**
 * Secret in the same namespace that resolver and fetcher read: type kubernetes.io/dockerconfigjson, or the keys username and password, or the key token (for hf:// HF_TOKEN, too), or for s3:// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. The operator never reads it.
 */
export interface SpecModelSecretRef {
  readonly name: string;
}
/**
 * The container that serves.
 */
export interface SpecRuntime {
  readonly resources?: SpecRuntimeResources;
  /**
   * Environment of the serving container. Values are plain text.
   */
  readonly env?: readonly SpecRuntimeEnv[];
  /**
   * The update that you accept, as status.update.id names it. A change of this text makes a new revision with what the operator renders now.
   */
  readonly acceptedUpdate?: string;
}
/**
 * CPU and memory of the serving container, as in a pod. Accelerators are asked for in spec.accelerator.
 */
export interface SpecRuntimeResources {
  readonly requests?: {
    readonly [k: string]: number | string;
  };
  readonly limits?: {
    readonly [k: string]: number | string;
  };
}
export interface SpecRuntimeEnv {
  readonly name: string;
  readonly value?: string;
}
/**
 * What each replica computes on besides CPUs. Absent means CPU.
 */
export interface SpecAccelerator {
  /**
   * Whose device plugin offers the device.
   */
  readonly vendor: 'nvidia' | 'amd' | 'intel';
  /**
   * Devices per replica.
   */
  readonly count?: number;
  /**
   * Any of these products, as the node label gives them (nvidia.com/gpu.product, such as NVIDIA-L4), in order of preference.
   */
  readonly products?: readonly string[];
}

export interface ModelDeploymentStatus {
  readonly observedGeneration?: number;
  /**
   * Pods of the serving revision.
   */
  readonly replicas?: number;
  /**
   * Label selector of the serving pods, for kubectl scale and autoscalers.
   */
  readonly selector?: string;
  readonly address?: StatusAddress;
  readonly columns?: StatusColumns;
  readonly model?: StatusModel;
  readonly coldStart?: StatusColdStart;
  /**
   * At most 20 pods, worst first.
   */
  readonly pods?: readonly StatusPod[];
  /**
   * What keeps the model from what the spec asks, the headline first.
   */
  readonly blockers?: readonly StatusBlocker[];
  readonly revisions?: readonly StatusRevision[];
  readonly update?: StatusUpdate;
  readonly conditions?: readonly StatusCondition[];
}
export interface StatusAddress {
  /**
   * host:port for Open Inference Protocol clients.
   */
  readonly grpc?: string;
  readonly rest?: string;
}
/**
 * Text for kubectl's columns.
 */
export interface StatusColumns {
  readonly model?: string;
  readonly revision?: string;
  readonly replicas?: string;
  readonly accelerator?: string;
}
/**
 * The model that serves.
 */
export interface StatusModel {
  readonly digest?: string;
  /**
   * What the source calls these bytes for ever: of hf:// the commit, of s3:// the version of the object.
   */
  readonly sourceRevision?: string;
  /**
   * SHA-256 of the model's bytes.
   */
  readonly contentDigest?: string;
  readonly bytes?: number;
  readonly format?: string;
  readonly verifiedAt?: string;
  /**
   * Execution provider that runs it.
   */
  readonly provider?: string;
  readonly signature?: StatusModelSignature;
}
export interface StatusModelSignature {
  readonly inputs?: readonly StatusModelSignatureInput[];
  readonly outputs?: readonly StatusModelSignatureOutput[];
}
export interface StatusModelSignatureInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}
export interface StatusModelSignatureOutput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}
/**
 * Seconds of each step of the newest start.
 */
export interface StatusColdStart {
  readonly download?: number;
  readonly load?: number;
  readonly warmup?: number;
}
export interface StatusPod {
  readonly pod: string;
  readonly node?: string;
  readonly phase: string;
  readonly reason?: string;
  readonly restarts?: number;
}
export interface StatusBlocker {
  readonly reason: string;
  readonly message: string;
}
export interface StatusRevision {
  readonly name: string;
  readonly role: 'Stable' | 'Candidate' | 'Retiring' | 'Failed';
  readonly digest?: string;
  readonly image?: string;
  readonly replicas?: StatusRevisionReplicas;
}
export interface StatusRevisionReplicas {
  readonly desired?: number;
  readonly ready?: number;
}
/**
 * What a consent would roll. Absent when this operator would render the revision as it is.
 */
export interface StatusUpdate {
  /**
   * The value of spec.runtime.acceptedUpdate that accepts it.
   */
  readonly id: string;
  readonly changes: readonly string[];
}
export interface StatusCondition {
  readonly type: 'Ready' | 'ModelVerified' | 'Scheduled' | 'Available' | 'Reconciling' | 'Stalled' | 'UpdateAvailable';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}
