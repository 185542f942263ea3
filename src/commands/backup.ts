import { resolve } from 'node:path';
import { askRunning, type Requests } from '../operations/control.ts';
import { Problem } from '../problem.ts';
import type { Settings } from '../settings/settings.ts';
import { hasDatabase, openStore } from '../store/open-store.ts';
import { backsUpItself } from '../store/postgres/backup.ts';
import type { Store } from '../store/store.ts';

/** `npm start -- backup FILE`: everything in one file, also while Bobbin runs. */
export async function backup({ store: options }: Settings, file: string): Promise<void> {
  if (options.databaseUrl !== undefined) throw backsUpItself();
  const path = resolve(file);
  process.stdout.write(`${(await askRunning(options.dataDir, 'backup', path)) ?? (await alone(path))}\n`);

  async function alone(target: string): Promise<string> {
    if (!hasDatabase(options))
      throw new Problem(`There is no database in ${options.dataDir}: set DATA_DIR to where Bobbin has it.`);
    const store = await openStore(options);
    try {
      return await write(store, target);
    } finally {
      await store.close();
    }
  }
}

/** What a process that has the store open answers. */
export function backupRequests(store: Store): Requests {
  return { backup: (file) => write(store, file) };
}

async function write(store: Store, file: string): Promise<string> {
  await store.backup(file);
  return `Everything is in ${file}. To begin from it, put it as bobbin.sqlite into an empty folder, and set DATA_DIR to that.`;
}
