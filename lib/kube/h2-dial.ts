/** The socket under an HTTP/2 session: TLS 1.2 or newer, and a server that chose h2. */
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { TlsMaterial } from './cluster-access.js';

/** The server is there and trusted, and does not speak HTTP/2. Nothing was sent. */
export class NotHttp2Error extends Error {
  override readonly name = 'NotHttp2Error';
}

/** Rejects when the signal aborts, with its reason. */
export function dialH2(server: string, tls: TlsMaterial, signal: AbortSignal): Promise<TLSSocket> {
  const { hostname, port } = new URL(server);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...{ host, port: port === '' ? 443 : Number(port), noDelay: true, keepAlive: true },
      ...{ minVersion: 'TLSv1.2', ALPNProtocols: ['h2', 'http/1.1'] },
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...tls,
    });
    const settle = (error: Error | undefined): void => {
      signal.removeEventListener('abort', abort);
      socket.off('error', settle).off('close', onClose);
      if (error === undefined) {
        resolve(socket);
      } else {
        socket.on('error', () => undefined).destroy();
        reject(error);
      }
    };
    const abort = (): void => settle(signal.reason instanceof Error ? signal.reason : new Error('The attempt to connect was given up'));
    const onClose = (): void => settle(new Error('The server closed the connection during the TLS handshake'));
    socket.on('error', settle).on('close', onClose);
    socket.once('secureConnect', () => {
      const chosen = socket.alpnProtocol;
      settle(chosen === 'h2' ? undefined : new NotHttp2Error(`${server} does not speak HTTP/2: it chose ${chosen || 'no protocol'}`));
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
