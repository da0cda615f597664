/** What goes into which image. Pure. Packages are not listed: the folders' DEPS name them, and hack/check-deps keeps those true. */
export interface ImageSpec {
  readonly name: ImageName;
  /** Folders of the repository with all that is below them, but for `exceptFolders`. */
  readonly folders: readonly string[];
  readonly exceptFolders: readonly string[];
  readonly exceptPackages: readonly string[];
}

export const IMAGE_NAMES = ['control', 'runtime'] as const;
export type ImageName = (typeof IMAGE_NAMES)[number];

/** Types only: nothing of it is left after compiling. */
const TYPES_ONLY = ['proto/gen'];

/** What onnxruntime-node needs to download other libraries when it is installed, and never afterwards. */
const INSTALLERS = ['adm-zip', 'global-agent'];

/** Of servers with traces. */
const FOR_TRACES = ['@opentelemetry/exporter-trace-otlp-proto', '@opentelemetry/resources', '@opentelemetry/sdk-trace'];

/** For another JavaScript runtime than Node: what needs them on Bare takes Node's own modules here. */
const FOR_BARE = ['bare-buffer', 'bare-events', 'bare-fs', 'bare-os', 'bare-path', 'bare-stream', 'bare-url'];

export const IMAGES: Readonly<Record<ImageName, ImageSpec>> = {
  control: {
    name: 'control',
    folders: ['contract', 'lib', 'operator', 'cli', 'runtime', 'proto'], // the cli resolves, fetches and pushes with the runtime's code
    exceptFolders: TYPES_ONLY,
    exceptPackages: [...INSTALLERS, ...FOR_BARE, ...FOR_TRACES, 'onnxruntime-node'],
  },
  runtime: {
    name: 'runtime',
    folders: ['contract', 'lib', 'runtime', 'proto'],
    exceptFolders: [...TYPES_ONLY, 'lib/kube'],
    exceptPackages: INSTALLERS,
  },
};

export interface Platform {
  /** As Node names it: linux. */
  readonly os: string;
  /** As Node names it: x64, arm64. */
  readonly arch: string;
}

/** Declarations, maps, sources of what is compiled, documents and tests; licenses stay. */
const NOT_FOR_RUNNING =
  /\.(d\.[cm]?ts|[cm]?ts|tsx|map|md|markdown|flow|mkd|yml|gyp|gypi|h|cc|cpp)$|(^|\/)(\.[^/]+|test|tests|__tests__|example|examples|benchmark|benchmarks)(\/|$)/i;
const LICENSE = /(^|\/)(licen[cs]e|copying|notice)[^/]*$/i;

/** Whether a file of a package is needed to run it. `path` is below the package's folder, with `/`. */
export function isShipped(packageName: string, path: string, platform: Platform): boolean {
  if (LICENSE.test(path)) return true;
  if (NOT_FOR_RUNNING.test(path)) return false;
  if (packageName !== 'onnxruntime-node') return true;
  const [folder, , os, arch] = path.split('/');
  if (folder === 'bin') return os === platform.os && arch === platform.arch;
  return folder !== 'script';
}
