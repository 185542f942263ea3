import { once } from 'node:events';
import { openAssistants } from '../bot.ts';
import { openLog } from '../log.ts';
import { openHttp } from '../operations/http.ts';
import type { Settings } from '../settings/settings.ts';
import { openStore } from '../store/open-store.ts';

/** Without a key everybody who reaches the port could use the model, so it is reached from this machine only. */
const ONLY_HERE = { hostname: '127.0.0.1' };

/** `npm start -- serve`: the embedded Assistants API over HTTP, until SIGINT or SIGTERM. */
export async function serve(settings: Settings): Promise<void> {
  const log = await openLog(settings.logLevel ?? 'info');
  await using open = new AsyncDisposableStack();
  const store = await openStore(settings.store);
  open.defer(() => store.close());
  const assistants = openAssistants(settings, store, log, 'programs');
  open.defer(() => assistants.close());
  const address = settings.assistants.apiKey === undefined ? ONLY_HERE : {};
  const server = await openHttp({
    port: settings.port,
    ...address,
    ready: () => true,
    assistants: assistants.handle,
  });
  open.defer(() => server.close());
  log.info({ port: server.port, ...address }, 'the Assistants API is ready under /v1');
  void assistants.warmUp();
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  log.info('stopping');
}
