import type { FileSearch, Searched } from '../../file-search/file-search.ts';
import type { Run, State } from '../../state.ts';
import type { SearchSettings } from './search-calls.ts';

const NONE: Searched = { vectorStoreIds: [], expired: [] };

/** The vector stores that a run may search: its assistant's, its thread's, and those of its tool. */
export class Stores {
  readonly settings: SearchSettings;
  readonly #run: Run;
  readonly #state: State;
  readonly #fileSearch: FileSearch | undefined;
  #searched: Promise<Searched> | undefined;

  constructor(run: Run, state: State, fileSearch: FileSearch | undefined) {
    const tool = run.tools?.find(({ type }) => type === 'file_search');
    this.settings = (tool?.type === 'file_search' && tool.file_search) || {};
    this.#run = run;
    this.#state = state;
    this.#fileSearch = fileSearch;
  }

  /** Rejects when the store fails; it is asked again the next time. */
  searched(signal: AbortSignal): Promise<Searched> {
    this.#searched ??= this.#read(signal).catch((error: unknown) => {
      this.#searched = undefined;
      throw error;
    });
    return this.#searched;
  }

  async #read(signal: AbortSignal): Promise<Searched> {
    const { assistant_id, thread_id } = this.#run;
    const [assistant, thread] = await Promise.all([
      this.#state.assistants.get(assistant_id),
      this.#state.threads.get(thread_id),
    ]);
    // An assistant that was deleted has left its runs without stores of its own.
    const owners = [assistant ?? { id: assistant_id }, thread ?? { id: thread_id }] as const;
    const { vectorStoreIds, expired } = (await this.#fileSearch?.storesOf(...owners, signal)) ?? NONE;
    const all = new Set([...vectorStoreIds, ...(this.settings.vector_store_ids ?? [])]);
    return { vectorStoreIds: [...all], expired };
  }
}
