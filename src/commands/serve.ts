import { once } from 'node:events';
import { openAssistants } from '../bot.ts';
import { openHttp } from '../http.ts';
import { openLog } from '../log.ts';
import type { Settings } from '../settings.ts';
import { openStore } from '../store/open-store.ts';

/** Without a key everybody who reaches the port could use the model, so it is reached from this machine only. */
const ONLY_HERE = { hostname: '127.0.0.1' };

/** `npm start -- serve`: the embedded Assistants API over HTTP, until SIGINT or SIGTERM. */
export async function serve(settings: Settings): Promise<void> {
  const log = await openLog(settings.logLevel ?? 'info');
  const store = await openStore(settings.store);
  const assistants = openAssistants(settings, store, log);
  const address = settings.assistants.apiKey === undefined ? ONLY_HERE : {};
  try {
    const server = await openHttp({
      port: settings.port,
      ...address,
      ready: () => true,
      assistants: assistants.handle,
    });
    log.info({ port: server.port, ...address }, 'the Assistants API is ready under /v1');
    void assistants.warmUp();
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    log.info('stopping');
    await server.close();
  } finally {
    await assistants.close();
    await store.close();
  }
}
