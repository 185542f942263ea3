import { once } from 'node:events';
import { openAssistants } from '../bot.ts';
import { type Logger, openLog } from '../log.ts';
import { openControl } from '../operations/control.ts';
import { Retention } from '../operations/forgetting/retention.ts';
import { StoreHealth } from '../operations/health/store-health.ts';
import { openHttp } from '../operations/http.ts';
import { Problem } from '../problem.ts';
import type { Settings } from '../settings/settings.ts';
import { openStore } from '../store/open-store.ts';
import { backupRequests } from './backup.ts';

/** Without a key everybody who reaches the port could use the model, so it is reached from this machine only. */
const ONLY_HERE = { hostname: '127.0.0.1' };

/** Docker kills what has not ended ten seconds after it was asked to. */
const STOP_WITHIN_MS = 9_000;

/** `npm start -- serve`: the embedded Assistants API over HTTP, until SIGINT or SIGTERM. */
export async function serve(settings: Settings): Promise<void> {
  const log = await openLog(settings.logLevel ?? 'info');
  await using open = new AsyncDisposableStack();
  const store = await openStore(settings.store);
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
  const days = settings.operation.retentionDays;
  if (days !== undefined) {
    const retention = new Retention({ days, store, log, archive: assistants.archive, dataDir });
    open.defer(() => retention.close());
  }
  const address = settings.assistants.apiKey === undefined ? ONLY_HERE : {};
  let ready = true;
  const server = await openHttp({
    port: settings.port,
    ...address,
    ready: () => ready,
    checks: { store: () => health.problem() },
    assistants: assistants.handle,
  });
  open.defer(() => server.close());
  log.info({ port: server.port, ...address }, 'the Assistants API is ready under /v1');
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
