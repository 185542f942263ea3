import { once } from 'node:events';
import { serve as listen, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { openAssistants } from '../bot.ts';
import { openLog } from '../log.ts';
import { Problem } from '../problem.ts';
import { readSettings } from '../settings.ts';
import { openStore } from '../store/open-store.ts';

/** Without a key everybody who reaches the port could use the model, so it is reached from this machine only. */
const ADDRESS = { open: '127.0.0.1', protected: '0.0.0.0' };

/** `npm start -- serve`: the embedded Assistants API over HTTP, until SIGINT or SIGTERM. */
export async function serve(): Promise<void> {
  const settings = await readSettings(process.env);
  const log = await openLog(settings.logLevel ?? 'info');
  const store = await openStore(settings.store);
  const assistants = openAssistants(settings, store, log);
  const app = new Hono();
  app.get('/healthz', (c) => c.text('ok'));
  app.all('/v1/*', (c) => assistants.handle(c.req.raw));
  const hostname = settings.assistants.apiKey === undefined ? ADDRESS.open : ADDRESS.protected;
  const server = listen({ fetch: app.fetch, port: settings.port, hostname });
  await listening(server, settings.port);
  log.info({ url: `http://${hostname}:${settings.port}/v1` }, 'the Assistants API is ready');
  assistants.warmUp();

  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  log.info('stopping');
  server.close();
  await assistants.close();
  await store.close();
}

async function listening(server: ServerType, port: number): Promise<void> {
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Problem(`Port ${port} can't be opened (${code}): set PORT to a free port.`, { cause: error });
  }
}
