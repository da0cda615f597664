/** Hosts that may be spoken to without TLS: `host` allows every port of it, `host:port` that one. URLs leave out port 80. */
export function isPlainHttp(host: string, allowed: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  const whole = name === host.toLowerCase() ? `${name}:80` : host.toLowerCase();
  return allowed.some((entry) => entry === whole || entry === name);
}
