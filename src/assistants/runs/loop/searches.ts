import type { FileSearch } from '../../file-search/file-search.ts';
import type { RunSink } from '../writer/run-sink.ts';
import type { RunWriter } from '../writer/run-writer.ts';
import type { SearchCall } from './calls.ts';
import { runSearch } from './search-calls.ts';
import { Stores } from './stores.ts';

export interface SearchesDeps {
  sink: RunSink;
  /** Left out, there is nothing to search. */
  fileSearch?: FileSearch;
  /** The log. */
  onError: (error: unknown) => void;
}

/** The searches of a run: carried out, kept, and shown in its steps. */
export class Searches {
  readonly #writer: RunWriter;
  readonly #deps: SearchesDeps;
  readonly #stores: Stores;

  constructor(writer: RunWriter, deps: SearchesDeps) {
    this.#writer = writer;
    this.#deps = deps;
    this.#stores = new Stores(writer.run, deps.sink.state, deps.fileSearch);
  }

  /**
   * Waits until what the thread was given can be searched, and tells which of its stores have expired. A run whose stores
   * can't be had goes on: its searches try once more, and tell the model.
   */
  async open(signal: AbortSignal): Promise<readonly string[]> {
    if (!this.#writer.citations) return [];
    try {
      return (await this.#stores.searched(signal)).expired;
    } catch (error) {
      signal.throwIfAborted();
      this.#deps.onError(error);
      return [];
    }
  }

  /**
   * Carries out a search of the answer whose calls are open, and returns what the model is told, in at most `tokens`. What
   * is found is kept, and first the answer that asks for it, before anybody is told: no search is done twice.
   */
  async run(call: SearchCall, tokens: number, signal: AbortSignal): Promise<string> {
    const { fileSearch, sink, onError } = this.#deps;
    const calls = this.#writer.calls();
    const context = {
      ...(fileSearch && { fileSearch }),
      stores: () => this.#stores.searched(signal),
      settings: this.#stores.settings,
      step: calls.number,
      resultsBefore: calls.results,
      tokens,
      onError,
    };
    const [found] = await Promise.all([runSearch(call, context, signal), calls.save()]);
    await this.#writer.kept();
    sink.found.set(found.id, found);
    await sink.write(() => sink.state.found.append(this.#writer.run.id, found));
    call.writer.show(found);
    this.#writer.cite(calls);
    return found.output;
  }
}
