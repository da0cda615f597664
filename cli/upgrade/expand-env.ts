/** `env` of a container as the kubelet gives it to the process. Pure. */

export interface EnvEntry {
  readonly name: string;
  /** Undefined: from elsewhere, such as a field of the pod. */
  readonly value: string | undefined;
}

/** `$(NAME)` of a variable that stands before, or that every container has; `$$(NAME)` stays as `$(NAME)`; what is not known stays. */
export function expandEnv(entries: readonly EnvEntry[], known: Readonly<Record<string, string>>): Record<string, string> {
  const expanded: Record<string, string> = {};
  for (const { name, value } of entries) {
    if (value === undefined) continue;
    expanded[name] = value.replaceAll(/\$\$|\$\(([^)]*)\)/g, (text: string, of?: string) => {
      if (of === undefined) return '$';
      return expanded[of] ?? known[of] ?? text;
    });
  }
  return expanded;
}
