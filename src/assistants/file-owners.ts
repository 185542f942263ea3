import { isOver } from './file-search/vector-stores/kept.ts';
import type { State } from './state.ts';

/** So many of those who were given a file are remembered, the newest: more than share one as a rule. */
const MAX_OWNERS = 100;

/** Notes that a thread or an assistant was given files, before it is. */
export async function noteOwner(state: State, fileIds: readonly string[], owner: string): Promise<void> {
  for (const id of new Set(fileIds)) {
    const known = await state.owners.get(id);
    if (known?.owners.includes(owner)) continue;
    if (known === undefined) await state.owners.put({ id, owners: [] });
    await state.owners.update(id, ({ owners }) => ({
      id,
      owners: [...owners.filter((other) => other !== owner), owner].slice(-MAX_OWNERS),
    }));
  }
}

/** Whether a thread, an assistant or a vector store that there is was given the file; `except` does not count. */
export async function isOwned(state: State, fileId: string, except?: string): Promise<boolean> {
  const owners = (await state.owners.get(fileId))?.owners.filter((owner) => owner !== except) ?? [];
  const [threads, assistants, stores] = await Promise.all([
    state.threads.getMany(owners),
    state.assistants.getMany(owners),
    state.storesOfFiles.get(fileId).then((ids) => state.vectorStores.getMany(ids ?? [])),
  ]);
  const others = stores.filter(
    (store) => !isOver(store) && (except === undefined || store.thread_id !== except),
  );
  return threads.length + assistants.length + others.length > 0;
}
