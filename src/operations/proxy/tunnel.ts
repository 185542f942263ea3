import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/** For a proxy to open a tunnel, in ms. */
const TUNNEL_TIMEOUT_MS = 10_000;

/**
 * An agent that reaches `target` through a tunnel which `proxy` opens: https://www.rfc-editor.org/rfc/rfc9110#CONNECT.
 * Node's own agents tunnel to `https:` alone.
 */
export function tunnelAgent(proxy: URL, target: URL): HttpAgent {
  const isSecure = target.protocol === 'https:' || target.protocol === 'wss:';
  const agent = isSecure ? new HttpsAgent() : new HttpAgent();
  agent.createConnection = (_options, done) => {
    openTunnel(proxy, `${target.hostname}:${target.port || (isSecure ? 443 : 80)}`).then(
      (socket) => done?.(null, isSecure ? secure(socket, target.hostname) : socket),
      (error: Error) => done?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  };
  return agent;
}

/** Whether a proxy's answer means that the tunnel is there. */
export function isOpen(status: number): boolean {
  return status >= 200 && status < 300;
}

/** What a connection to the proxy at `host` failed with, so that people see where to look. */
export function unreachable(host: string, error: Error): Error {
  const code = 'code' in error ? String(error.code) : '';
  return Object.assign(new Error(`the proxy ${host} can't be reached: ${error.message || code}`), { code });
}

/** The proxy at `host` opens no tunnel to `authority`, a host and a port. */
export function refused(host: string, authority: string, status: number): Error {
  const why = status === 407 ? 'wants other credentials' : `opens no way to ${authority}`;
  return new Error(`the proxy ${host} ${why} (status ${status})`);
}

/** `authority` is a host and a port. */
function openTunnel(proxy: URL, authority: string): Promise<Socket> {
  const request = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const asked = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization(proxy) },
      agent: false,
      timeout: TUNNEL_TIMEOUT_MS,
    });
    asked.once('timeout', () => asked.destroy(new Error(`no answer in ${TUNNEL_TIMEOUT_MS} ms`)));
    asked.once('error', (error) => reject(unreachable(proxy.host, error)));
    asked.once('connect', ({ statusCode = 0 }, socket, head) => {
      if (!isOpen(statusCode)) {
        socket.destroy();
        reject(
          new Error(`the proxy ${proxy.host} lets nobody through to ${authority} (status ${statusCode})`),
        );
        return;
      }
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket as Socket);
    });
    asked.end();
  });
}

function secure(socket: Socket, host: string): Socket {
  return connectTls({ socket, ...(isIP(host) === 0 && { servername: host }) });
}

function authorization({ username, password }: URL): { 'proxy-authorization'?: string } {
  if (username === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
