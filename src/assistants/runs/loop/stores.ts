import type { FileSearch, Searched } from '../../file-search/file-search.ts';
import type { Run } from '../../state.ts';
import type { RunSink } from '../writer/run-sink.ts';
import type { SearchSettings } from './search-calls.ts';

interface StoresDeps {
  sink: RunSink;
  fileSearch?: FileSearch;
  onError: (error: unknown) => void;
}

const NONE: Searched = { vectorStoreIds: [], expired: [] };

/** The vector stores that a run may search: its assistant's, its thread's, and those of its tool. */
export class Stores {
  readonly settings: SearchSettings;
  readonly #searches: boolean;
  readonly #run: Run;
  readonly #deps: StoresDeps;
  #searched: Promise<Searched> | undefined;

  constructor(run: Run, deps: StoresDeps) {
    const tool = run.tools?.find(({ type }) => type === 'file_search');
    this.#searches = tool !== undefined;
    this.settings = (tool?.type === 'file_search' && tool.file_search) || {};
    this.#run = run;
    this.#deps = deps;
  }

  /**
   * Waits until what the thread was given can be searched, and tells which of its stores have expired. A run whose stores
   * can't be had goes on: its searches try once more, and tell the model.
   */
  async open(signal: AbortSignal): Promise<readonly string[]> {
    if (!this.#searches) return [];
    try {
      return (await this.searched(signal)).expired;
    } catch (error) {
      signal.throwIfAborted();
      this.#deps.onError(error);
      return [];
    }
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
    const { sink, fileSearch } = this.#deps;
    const [assistant, thread] = await Promise.all([
      sink.state.assistants.get(this.#run.assistant_id),
      sink.state.threads.get(this.#run.thread_id),
    ]);
    // An assistant that was deleted has left its runs without stores of its own.
    const { assistant_id, thread_id } = this.#run;
    const owners = [assistant ?? { id: assistant_id }, thread ?? { id: thread_id }] as const;
    const { vectorStoreIds, expired } = (await fileSearch?.storesOf(...owners, signal)) ?? NONE;
    const all = new Set([...vectorStoreIds, ...(this.settings.vector_store_ids ?? [])]);
    return { vectorStoreIds: [...all], expired };
  }
}
