import type { Logger } from '../../log.ts';
import { Problem } from '../../problem.ts';
import { type HttpOptions, openHttp } from '../http.ts';
import { noWebPages, onlyThisMachine } from '../web-pages.ts';
import { metrics } from './metrics.ts';

/** Where the metrics are shown. */
export interface MetricsSettings {
  readonly host: string;
  readonly port: number;
}

const REMEDY = 'Or set METRICS_HOST to an address of this machine that others reach.';

/**
 * Shows the metrics, and health, on a port of their own: they say how much is asked of whom, which is nothing for whoever
 * reaches the API or Slack's address. Where the port can't be had the log says so, and everything else goes on.
 */
export async function openMetrics(
  { host, port }: MetricsSettings,
  health: Pick<HttpOptions, 'ready' | 'checks'>,
  log: Logger,
): Promise<AsyncDisposable> {
  const objection = isThisMachine(host) ? onlyThisMachine(REMEDY) : noWebPages;
  const options = { ...health, port, hostname: host, objection, setting: 'METRICS_PORT' };
  try {
    const server = await openHttp({ ...options, metrics: metrics.text });
    log.info({ metricsHost: host, metricsPort: server.port }, 'metrics are shown under /metrics');
    return { [Symbol.asyncDispose]: () => server.close() };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    log.warn(`Metrics are not shown. ${error.message}`);
    return { [Symbol.asyncDispose]: async () => {} };
  }
}

function isThisMachine(host: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host);
}
