import type { Thread } from 'openai/resources/beta/threads/threads';
import { invalidRequest } from './api-error.ts';
import { checkFiles } from './file.ts';
import type { HelperStore, NewToolResources, ToolResources } from './schemas.ts';
import type { State } from './state.ts';

/** The files that resources name, for the code interpreter and for a store that is to be made. */
export function filesOfResources(resources: NewToolResources | null | undefined): string[] {
  const made = storesToMake(resources).flatMap(({ file_ids = [] }) => file_ids);
  return [...(resources?.code_interpreter?.file_ids ?? []), ...made];
}

/** Throws a 400 ApiError when a file or a vector store that resources name does not exist. */
export async function checkResources(
  state: State,
  resources: NewToolResources | null | undefined,
): Promise<void> {
  const ids = resources?.file_search?.vector_store_ids ?? [];
  const [stores] = await Promise.all([
    state.vectorStores.getMany(ids),
    checkFiles(state, filesOfResources(resources)),
  ]);
  const known = new Set(stores.map(({ id }) => id));
  const missing = ids.find((id) => !known.has(id));
  if (missing !== undefined) throw invalidRequest(`No vector store found with id '${missing}'.`);
}

/** The vector stores that are to be made with what has the resources. */
export function storesToMake(resources: NewToolResources | null | undefined): HelperStore[] {
  return resources?.file_search?.vector_stores ?? [];
}

/** The resources with a vector store, unless they have one; without those that are to be made. */
export function withStore(
  { file_search, ...others }: NewToolResources,
  storeId: string | undefined,
): ToolResources {
  if (!file_search && storeId === undefined) return others;
  const made = storeId === undefined ? [] : [storeId];
  const named = file_search?.vector_store_ids ?? [];
  return { ...others, file_search: { vector_store_ids: named.length > 0 ? named : made } };
}

/** What a thread that is made with a run is given by either; the thread's own store counts. */
export function bothResources(
  ofThread: NewToolResources | null | undefined,
  ofRun: ToolResources | null | undefined,
): NewToolResources {
  const files = [ofThread, ofRun].flatMap((owner) => owner?.code_interpreter?.file_ids ?? []);
  const file_search = ofThread?.file_search ?? ofRun?.file_search;
  return {
    ...(files.length > 0 && { code_interpreter: { file_ids: [...new Set(files)] } }),
    ...(file_search && { file_search }),
  };
}

/** Resources that were kept, as what may be changed in them. */
export function keptResources(resources: Thread['tool_resources']): ToolResources {
  return (resources ?? {}) as ToolResources;
}
