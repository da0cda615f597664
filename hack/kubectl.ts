/** kubectl and helm bound to one cluster: no command of ours ever reads the context that happens to be current. */
import { type ExecOptions, type ExecResult, exec, execAny } from './exec.js';

export interface ClusterAccess {
  readonly kubectl: string;
  readonly helm: string;
  readonly kubeconfig: string;
  readonly context: string;
}

export class Kubectl {
  constructor(readonly access: ClusterAccess) {}

  run(args: readonly string[], options: ExecOptions = {}): Promise<string> {
    return exec(this.access.kubectl, this.bind(args), options);
  }

  runAny(args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return execAny(this.access.kubectl, this.bind(args), options);
  }

  /** kubectl get … -o json, parsed; undefined when the object does not exist. */
  async getJson(args: readonly string[]): Promise<unknown> {
    const result = await this.runAny(['get', ...args, '-o', 'json', '--ignore-not-found']);
    if (result.code !== 0) throw new Error(`kubectl get ${args.join(' ')}: ${result.stderr.trim()}`);
    return result.stdout.trim() === '' ? undefined : JSON.parse(result.stdout);
  }

  apply(yaml: string, args: readonly string[] = []): Promise<string> {
    return this.run(['apply', ...args, '-f', '-'], { input: yaml });
  }

  helm(args: readonly string[], options: ExecOptions = {}): Promise<string> {
    const { helm, kubeconfig, context } = this.access;
    return exec(helm, [...args, '--kubeconfig', kubeconfig, '--kube-context', context], options);
  }

  bind(args: readonly string[]): string[] {
    return ['--kubeconfig', this.access.kubeconfig, '--context', this.access.context, ...args];
  }
}
