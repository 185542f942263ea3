import { adopt } from './file.ts';
import { isOver } from './file-search/vector-stores/kept.ts';
import type { State } from './state.ts';

/** So many of those who were given a file are remembered, the newest: more than share one as a rule. */
const MAX_OWNERS = 100;

/** A client gives files to a thread or an assistant, which is noted before it is done. */
export async function giveTo(state: State, owner: string, fileIds: readonly string[]): Promise<void> {
  await adopt(state, fileIds);
  await noteOwner(state, fileIds, owner);
}

/** Notes that a thread or an assistant has files, or is about to. */
export async function noteOwner(state: State, fileIds: readonly string[], owner: string): Promise<void> {
  await state.owners.putMany([...new Set(fileIds)], (id, known) => {
    const owners = known?.owners ?? [];
    return owners.includes(owner) ? undefined : { id, owners: [...owners, owner].slice(-MAX_OWNERS) };
  });
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
