/** Hosts that may be spoken to without TLS: `host` allows every port of it, `host:port` that one. */
export function isPlainHttp(host: string, allowed: readonly string[]): boolean {
  const whole = host.toLowerCase();
  const name = whole.replace(/:\d+$/, '');
  return allowed.some((entry) => entry === whole || entry === name);
}
