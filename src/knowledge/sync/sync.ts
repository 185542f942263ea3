import type { Keyv } from 'keyv';
import type { OpenAI } from 'openai';
import { Problem } from '../../problem.ts';
import type { KnowledgeSettings } from '../../settings/assistant-file.ts';
import type { Locks } from '../../store/locks.ts';
import { readDocuments, type Sources } from '../sources/documents.ts';
import { findFiles } from '../sources/find.ts';
import { apply, type Failure } from './apply.ts';
import { GivenUp, Patience, type PatienceOptions } from './patience.ts';
import { type Plan, planOf, type StoredDocument, sizeOf } from './plan.ts';
import { type KnowledgeStore, type KnowledgeStores, unlessGone } from './stores.ts';
import { Uploads } from './uploads.ts';

/** The API's largest page. */
const PAGE = 100;

export interface SyncParts {
  settings: KnowledgeSettings;
  client: OpenAI;
  stores: KnowledgeStores;
  kept: Keyv;
  server: string;
  locks?: Locks | undefined;
  patience?: Partial<PatienceOptions>;
}

export interface SyncOptions {
  /** Says what would be done, and does nothing. */
  isDry?: boolean;
  signal?: AbortSignal;
  /** Is told before the first step and after each. */
  onStep?: (done: number, all: number, path: string) => void;
  onPause?: (reason: string, ms: number) => void;
}

/** How knowledge compares with the files. */
export interface Comparison {
  sources: Sources;
  stored: StoredDocument[];
  plan: Plan;
}

export interface SyncReport {
  isDry: boolean;
  added: string[];
  changed: string[];
  /** Only what is known of them beside their content. */
  described: string[];
  removed: string[];
  unchanged: number;
  failures: Failure[];
  /** Why it came to no end. */
  interrupted?: string;
}

/** What is kept of the last sync. */
export interface LastSync {
  /** Unix time in ms. */
  at: number;
  failures: Failure[];
  interrupted?: string;
}

/** Keeps the vector stores as the team's files are. */
export class Sync {
  readonly #parts: SyncParts;
  #running: Date | undefined;

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  async compare(): Promise<Comparison> {
    const { settings } = this.#parts;
    const [sources, stored] = await Promise.all([
      findFiles(settings.root, settings.entries).then(readDocuments),
      this.#stored(),
    ]);
    return { sources, stored, plan: planOf(sources, stored) };
  }

  last(): Promise<LastSync | undefined> {
    return this.#parts.kept.get<LastSync>(this.#lastKey);
  }

  /** Throws a `Problem` while another sync goes on. */
  async run(options: SyncOptions = {}): Promise<SyncReport> {
    if (options.isDry) return reportOf(await this.compare(), true);
    const lock = await this.#begin();
    try {
      const signal = AbortSignal.any([lock?.lost, options.signal].filter((one) => one !== undefined));
      return await this.#run({ ...options, signal });
    } finally {
      this.#running = undefined;
      await lock?.release();
    }
  }

  async #begin() {
    const since = this.#running?.toLocaleTimeString('en', { hour12: false });
    if (since !== undefined)
      throw new Problem(`A sync is going on already, since ${since}: this one has done nothing.`);
    this.#running = new Date();
    const { locks } = this.#parts;
    const lock = await locks?.take('knowledge sync').catch((error: unknown) => {
      this.#running = undefined;
      throw error;
    });
    if (!locks || lock) return lock;
    this.#running = undefined;
    throw new Problem('Another process is syncing already: this one has done nothing.');
  }

  async #run(options: SyncOptions & { signal: AbortSignal }): Promise<SyncReport> {
    const comparison = await this.compare();
    const report = reportOf(comparison, false);
    const { plan, stored } = comparison;
    const all = sizeOf(plan);
    let done = 0;
    options.onStep?.(done, all, '');
    const { client, stores, kept, server } = this.#parts;
    const patience = new Patience(options.signal, options.onPause ?? (() => {}), this.#parts.patience);
    try {
      const failures = await apply(plan, {
        client,
        stores,
        uploads: new Uploads(client, kept, server),
        patience,
        signal: options.signal,
        taken: new Set(stored.map(({ id }) => id)),
        onStep: (path) => options.onStep?.(++done, all, path),
      });
      const failed = new Set(failures.map(({ path }) => path));
      report.added = report.added.filter((path) => !failed.has(path));
      report.changed = report.changed.filter((path) => !failed.has(path));
      report.failures.push(...failures);
      await this.#dropEmptyStores(comparison);
    } catch (error) {
      const isOver = options.signal.aborted || error instanceof GivenUp;
      if (!isOver) throw error;
      const reason = options.signal.aborted ? 'it was stopped' : (error as Error).message;
      report.interrupted = `${all - done} of ${all} changes are left to the next sync: ${reason}`;
    }
    const { failures, interrupted } = report;
    const last: LastSync = { at: Date.now(), failures, ...(interrupted && { interrupted }) };
    await kept.set(this.#lastKey, last);
    return report;
  }

  /** Those of an audience that no document has any more. */
  async #dropEmptyStores({ sources }: Comparison): Promise<void> {
    const { stores } = this.#parts;
    const wanted = new Set(sources.documents.map(({ audience }) => JSON.stringify(audience)));
    for (const store of await stores.all()) {
      if (store.audience.length === 0 || wanted.has(JSON.stringify(store.audience))) continue;
      if ((await this.#filesOf(store)).length === 0) await stores.delete(store);
    }
  }

  async #stored(): Promise<StoredDocument[]> {
    const stores = await this.#parts.stores.all();
    return (await Promise.all(stores.map((store) => this.#filesOf(store)))).flat();
  }

  async #filesOf(store: KnowledgeStore): Promise<StoredDocument[]> {
    const files = this.#parts.client.vectorStores.files.list(store.id, { limit: PAGE, order: 'asc' });
    const all = await Array.fromAsync(files).catch(unlessGone);
    return (all ?? []).map(({ id, status, attributes, last_error: error }) => ({
      id,
      store,
      status,
      ...(error && { error }),
      attributes: attributes ?? {},
    }));
  }

  get #lastKey(): string {
    return `last ${this.#parts.server}`;
  }
}

function reportOf({ plan, sources }: Comparison, isDry: boolean): SyncReport {
  const { add, update, remove, misplaced, failed, unchanged } = plan;
  const known = (stored: StoredDocument) => String(stored.attributes.path);
  const replaced = new Set([...misplaced, ...remove].map(known));
  const isChange = ({ document, replaces }: Plan['add'][number]) =>
    replaces.length > 0 || replaced.has(document.path);
  const wanted = new Set(sources.documents.map(({ path }) => path));
  return {
    isDry,
    added: add.filter((one) => !isChange(one)).map(({ document }) => document.path),
    changed: add.filter(isChange).map(({ document }) => document.path),
    described: update.map(({ document }) => document.path),
    removed: remove.map(known).filter((path) => !wanted.has(path)),
    unchanged,
    failures: [
      ...sources.problems.map(({ path, reason }) => ({ path, reason })),
      ...failed.map(({ document, stored }) => ({
        path: document.path,
        reason: `cannot be searched: ${stored.error?.message ?? stored.status}`,
      })),
    ],
  };
}
