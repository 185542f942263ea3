import { once } from 'node:events';
import { openAssistants } from '../bot.ts';
import { type Logger, openLog } from '../log.ts';
import { openControl } from '../operations/control.ts';
import { Retention } from '../operations/forgetting/retention.ts';
import { readinessOf, works } from '../operations/health/readiness.ts';
import { StoreHealth } from '../operations/health/store-health.ts';
import { openHttp } from '../operations/http.ts';
import { metrics } from '../operations/metrics/metrics.ts';
import { observedStore } from '../operations/metrics/observed-store.ts';
import { openMetrics } from '../operations/metrics/open-metrics.ts';
import { onlyThisMachine } from '../operations/web-pages.ts';
import { Problem } from '../problem.ts';
import type { Settings } from '../settings/settings.ts';
import { openStore } from '../store/open-store.ts';
import { backupRequests } from './backup.ts';

/** Without a key everybody who reaches the port could use the model, so it is reached from this machine only. */
const ONLY_HERE = {
  hostname: '127.0.0.1',
  objection: onlyThisMachine('Or set ASSISTANTS_API_KEY where this server is started, and send it.'),
};

/** Docker kills what has not ended ten seconds after it was asked to. */
const STOP_WITHIN_MS = 9_000;

/** `npm start -- serve`: the embedded Assistants API over HTTP, until SIGINT or SIGTERM. */
export async function serve(settings: Settings): Promise<void> {
  const log = await openLog(settings.logLevel ?? 'info');
  await using open = new AsyncDisposableStack();
  const store = observedStore(await openStore(settings.store), metrics);
  open.defer(() => store.close());
  const { dataDir } = settings.store;
  if (!store.shared) {
    const control = await openControl(dataDir, { ...backupRequests(store), knowledge }, log);
    open.defer(() => control.close());
  }
  const health = new StoreHealth(store, log);
  open.defer(() => health.close());
  const assistants = openAssistants(settings, store, log, 'programs');
  open.defer(() => assistants.close());
  const { retentionDays: days } = settings.operation;
  const { archive } = assistants;
  const retention = new Retention({ ...(days && { days }), store, log, archive, dataDir });
  open.defer(() => retention.close());
  const access: Partial<typeof ONLY_HERE> = settings.assistants.apiKey === undefined ? ONLY_HERE : {};
  let ready = true;
  const checks = { store: works(() => health.problem()) };
  metrics.watch({ replicas: () => store.replicas.count, readiness: () => readinessOf(checks) });
  const server = await openHttp({
    port: settings.port,
    ...access,
    ready: () => ready,
    checks,
    observer: metrics,
    assistants: assistants.handle,
  });
  open.defer(() => server.close());
  open.use(await openMetrics(settings.metrics, { ready: () => ready, checks }, log));
  log.info({ port: server.port, hostname: access.hostname }, 'the Assistants API is ready under /v1');
  void assistants.warmUp();
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  log.info('stopping');
  ready = false;
  endWithin(STOP_WITHIN_MS, log);
  // Streams end with that, which the server would wait for; the next process goes on with the runs.
  await assistants.leaveRuns();
}

/** What is known is a bot's, which is another process. */
async function knowledge(): Promise<never> {
  throw new Problem(
    'The Bobbin that runs here only serves the Assistants API: stop it, or set ASSISTANTS_BASE_URL to it and DATA_DIR to another folder.',
  );
}

/** Ends the process by force when something holds it, such as a store that does not answer. */
function endWithin(ms: number, log: Logger): void {
  const force = () => {
    log.error(`Not everything could be ended within ${ms / 1_000} seconds.`);
    process.exit(1);
  };
  setTimeout(force, ms).unref();
}
