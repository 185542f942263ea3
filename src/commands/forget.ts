import { resolve } from 'node:path';
import { openServer } from '../bot.ts';
import { openLog } from '../log.ts';
import { Forgetting, type Whom } from '../operations/forgetting/forgetting.ts';
import { printed } from '../operations/forgetting/receipt.ts';
import { Problem } from '../problem.ts';
import type { Settings } from '../settings/settings.ts';
import { hasDatabase, openStore } from '../store/open-store.ts';
import { isInUse } from '../store/sqlite/database.ts';
import type { Store } from '../store/store.ts';

/** `npm start -- forget`: deletes all of a person or a conversation, and prints what was deleted where. */
export async function forget(settings: Settings, whom: Whom): Promise<void> {
  const { dataDir } = settings.store;
  if (!hasDatabase(settings.store))
    throw new Problem(`There is no database in ${dataDir}: set DATA_DIR to where Bobbin has it.`);
  const log = await openLog(settings.logLevel ?? 'warn');
  const store = await open(settings);
  try {
    const server = openServer(settings, store, log, 'operator');
    try {
      const { client, archive } = server;
      const threads = archive && { threads: () => archive.threads() };
      const forgetting = new Forgetting({ store, client, dataDir, ...threads });
      const receipt = await forgetting.forget(whom);
      const place = settings.store.databaseUrl ? 'the PostgreSQL of DATABASE_URL' : resolve(dataDir);
      process.stdout.write(printed(receipt, { place, server: settings.assistants.baseURL }));
    } finally {
      await server.close();
    }
  } finally {
    await store.close();
  }
}

async function open({ store }: Settings): Promise<Store> {
  try {
    return await openStore(store);
  } catch (error) {
    if (!isInUse(error)) throw error;
    throw new Problem(
      `Bobbin is running and has ${resolve(store.dataDir)} for itself: stop it, do this again, and start it anew. People’s messages wait meanwhile.`,
      { cause: error },
    );
  }
}
