import { BlockList, isIP } from 'node:net';

/** The HTTP proxies that stand between this process and the world. */
export interface ProxySettings {
  /** For `http:` and `ws:` addresses: `http://user:password@host:port` or `https://…`. */
  readonly http?: string;
  /** For `https:` and `wss:` addresses. */
  readonly https?: string;
  /** What is reached without them: `NO_PROXY` as it was written. */
  readonly except?: string;
}

/** The variables that say it. Most programs know them in small letters, too, which then count more. */
export const PROXY_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'] as const;

/** `env` with what its variables of small letters say in those of capital letters. */
export function withProxyVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const found = PROXY_VARIABLES.flatMap((name) => {
    const small = env[name.toLowerCase()]?.trim();
    return small ? [[name, small]] : [];
  });
  return { ...env, ...Object.fromEntries(found) };
}

/** A proxy's address, which as most programs take it may lack its `http://`. */
export function proxyAddress(written: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`;
}

const HOW =
  'write http://host:port, such as http://proxy.example.com:8080, with every special character of a password percent-encoded.';

/** What is wrong with a proxy's address, and what to write instead; `undefined` when nothing is. */
export function mistakeInProxy(written: string): string | undefined {
  const address = proxyAddress(written);
  const url = URL.parse(address);
  const namesPort = /:\d+\/?$/.test(written);
  if (!url || (address !== written && !namesPort)) return `is not the address of a proxy: ${HOW}`;
  if (/^socks/.test(url.protocol)) return `names a SOCKS proxy, and only HTTP proxies are known here: ${HOW}`;
  if (!/^https?:$/.test(url.protocol) || !isDecodable(url.username + url.password))
    return `is not the address of a proxy: ${HOW}`;
  if (url.pathname !== '/' || url.search || url.hash)
    return `goes on after the host and port, as the address of a script (PAC) does, which is not read: ${HOW}`;
  return undefined;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The proxy through which `url` is reached; `undefined` for none. */
export function proxyFor({ http, https, except = '' }: ProxySettings, url: URL): string | undefined {
  const isSecure = url.protocol === 'https:' || url.protocol === 'wss:';
  return isExcepted(except, url, isSecure) ? undefined : isSecure ? https : http;
}

/**
 * Reads `NO_PROXY` as most programs do: hosts with everything below them, however their first dot is written, IP
 * addresses, networks such as 10.0.0.0/8, each with a port or without, or `*`. See
 * https://about.gitlab.com/blog/we-need-to-talk-no-proxy/ for how they differ.
 */
function isExcepted(except: string, url: URL, isSecure: boolean): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$|\.$/g, '');
  const port = url.port || (isSecure ? '443' : '80');
  return except
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [, bracketed, plain = entry, only] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [];
      return (only === undefined || only === port) && covers(bracketed ?? plain, host);
    });
}

function covers(entry: string, host: string): boolean {
  if (entry === '*') return true;
  if (isIP(host)) return isWithin(entry, host);
  const name = entry.replace(/^\*?\./, '');
  return host === name || host.endsWith(`.${name}`);
}

/** Whether an IP address is the one of `entry`, or in its network. */
function isWithin(entry: string, host: string): boolean {
  const [network = '', bits] = entry.split('/');
  const family = isIP(network);
  if (family === 0) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const widest = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? widest : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > widest) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, type);
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}
