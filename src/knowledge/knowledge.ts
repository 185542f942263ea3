import type { Keyv } from 'keyv';
import type { OpenAI } from 'openai';
import type { AssistantTool } from 'openai/resources/beta/assistants';
import type { Logger } from '../log.ts';
import { Problem } from '../problem.ts';
import type { KnowledgeSettings } from '../settings/assistant-file.ts';
import type { Store } from '../store/store.ts';
import type { EvalRun, Evaluation } from './eval/evaluate.ts';
import { Gaps } from './gaps.ts';
import { Offers } from './offers.ts';
import { type Hit, type SearchWeights, search } from './search.ts';
import type { PatienceOptions } from './sync/patience.ts';
import { KnowledgeStores } from './sync/stores.ts';
import { Sync, type SyncReport } from './sync/sync.ts';

/** Where the store keeps what is known of the vector stores. */
const KNOWLEDGE = 'knowledge';

export interface KnowledgeParts {
  settings: KnowledgeSettings;
  /** Of the assistant. */
  tools: readonly AssistantTool[];
  client: OpenAI;
  /** Names the Assistants server. */
  server: string;
  store: Store;
  log: Logger;
  patience?: Partial<PatienceOptions>;
}

/** What the team knows: its documents in vector stores, who may see which, and what they did not answer. */
export class Knowledge {
  readonly settings: KnowledgeSettings;
  readonly sync: Sync;
  readonly gaps: Gaps;
  /** What each conversation may search. */
  readonly offers: Offers;
  readonly #stores: KnowledgeStores;
  readonly #client: OpenAI;
  readonly #kept: Keyv<EvalRun>;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #background: Promise<void> | undefined;

  constructor({ settings, tools, client, server, store, log, patience }: KnowledgeParts) {
    const { locks } = store;
    const kept = store.keyv(KNOWLEDGE);
    this.settings = settings;
    this.#client = client;
    this.#kept = store.keyv(KNOWLEDGE);
    this.#log = log;
    this.#stores = new KnowledgeStores(client, store.keyv(KNOWLEDGE), server, locks);
    this.sync = new Sync({
      settings,
      client,
      stores: this.#stores,
      kept,
      server,
      locks,
      ...(patience && { patience }),
    });
    this.gaps = new Gaps(store);
    this.offers = new Offers(this.#stores, tools, store, log);
  }

  /** The id of the vector store with what everybody may see; it is made if there is none. */
  async openStore(): Promise<string> {
    return (await this.#stores.for([])).id;
  }

  /** Whether there is anything that a sync would look at. */
  async isUsed(): Promise<boolean> {
    return this.settings.entries.length > 0 || (await this.#stores.all()).length > 0;
  }

  /** Brings everything up to date in the background, and says once that it has begun to, if there is anything to do. */
  begin(tell: (line: string) => void = () => {}): void {
    this.#background ??= this.#bringUpToDate(tell);
  }

  /** Leaves a sync that goes on in the background to the next start. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#background;
  }

  /** Asks a file's questions; see `Evaluation`. */
  async evaluate(file: string): Promise<Evaluation> {
    const { evaluate } = await import('./eval/evaluate.ts');
    return evaluate(file, (...asked) => this.search(...asked), this.#kept);
  }

  /** What would be found in all of the documents, those for some people included. */
  async search(query: string, limit: number, weights?: SearchWeights): Promise<Hit[]> {
    const ids = (await this.#stores.all()).map(({ id }) => id);
    return search(this.#client, ids, query, { limit, ...(weights && { weights }) });
  }

  async #bringUpToDate(tell: (line: string) => void): Promise<void> {
    try {
      const { signal } = this.#closing;
      const onStep = (done: number, all: number) => {
        if (done > 0 || all === 0) return;
        this.#log.info({ changes: all }, 'knowledge is out of date, and is synced in the background');
        tell(outOfDate(all));
      };
      const onPause = (reason: string, ms: number) =>
        this.#log.warn({ reason, ms }, 'the sync of knowledge pauses');
      this.#logReport(await this.sync.run({ signal, onStep, onPause }));
    } catch (error) {
      if (error instanceof Problem) this.#log.info(`knowledge is not synced now: ${error.message}`);
      else if (!this.#closing.signal.aborted)
        this.#log.error({ err: error }, 'knowledge could not be synced');
    }
  }

  #logReport({ added, changed, removed, described, failures, interrupted }: SyncReport): void {
    const done = added.length + changed.length + removed.length + described.length;
    const counts = { added: added.length, changed: changed.length, removed: removed.length };
    for (const { path, reason } of failures) this.#log.warn(`${path} ${reason}`);
    if (interrupted) this.#log.warn({ ...counts, interrupted }, 'the sync of knowledge came to no end');
    else if (done > 0) this.#log.info({ ...counts, failures: failures.length }, 'knowledge is up to date');
  }
}

function outOfDate(changes: number): string {
  const what = changes === 1 ? '1 change' : `${changes.toLocaleString('en')} changes`;
  return `The team's documents are being brought up to date (${what}): answers may not know them all yet.`;
}
