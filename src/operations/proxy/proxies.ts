import type { Agent as HttpAgent } from 'node:http';
import { Agent, Dispatcher, Pool, ProxyAgent, setGlobalDispatcher } from 'undici';
import { type ProxySettings, proxyFor } from '../../settings/proxy.ts';
import { isOpen, refused, tunnelAgent, unreachable } from './tunnel.ts';

/** How what can't use `fetch` reaches the world through the proxies. */
export interface Proxies {
  /** For undici's own clients. */
  readonly dispatcher: Dispatcher;
  /** For a connection to `address` by a client of `node:http`, such as `ws`; undefined where no proxy is in between. */
  agentFor(address: string | URL): HttpAgent | undefined;
}

/** From here on every `fetch` of this process, and every request of any undici, goes through the proxies. */
export function useProxies(settings: ProxySettings): Proxies {
  const dispatcher = new ProxyDispatcher(settings);
  setGlobalDispatcher(dispatcher);
  const agentFor = (address: string | URL) => {
    const target = new URL(address);
    const proxy = proxyFor(settings, target);
    return proxy === undefined ? undefined : tunnelAgent(new URL(proxy), target);
  };
  return { dispatcher, agentFor };
}

/** Sends each request through the proxy that its address asks for. */
class ProxyDispatcher extends Dispatcher {
  readonly #settings: ProxySettings;
  readonly #direct = new Agent();
  readonly #proxies = new Map<string, Dispatcher>();

  constructor(settings: ProxySettings) {
    super();
    this.#settings = settings;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const proxy = proxyFor(this.#settings, new URL(String(options.origin)));
    const route = proxy === undefined ? this.#direct : this.#through(proxy);
    return route.dispatch(options, handler);
  }

  #through(proxy: string): Dispatcher {
    const known = this.#proxies.get(proxy) ?? proxyAgent(proxy);
    this.#proxies.set(proxy, known);
    return known;
  }
}

function proxyAgent(proxy: string): ProxyAgent {
  return new ProxyAgent({ uri: proxy, clientFactory: (origin, options) => new ProxyPool(origin, options) });
}

/** The connections to a proxy. What goes wrong with one says so, since undici's own words name no proxy. */
class ProxyPool extends Pool {
  readonly #host: string;

  constructor(origin: URL, options: object) {
    super(origin, options);
    this.#host = origin.host;
  }

  override async connect(...args: unknown[]): Promise<Dispatcher.ConnectData> {
    const [target] = args as [Dispatcher.ConnectOptions];
    const answer = await super.connect(target).catch((error: Error) => {
      throw unreachable(this.#host, error);
    });
    if (isOpen(answer.statusCode)) return answer;
    answer.socket.on('error', () => {}).destroy();
    throw refused(this.#host, target.path, answer.statusCode);
  }
}
