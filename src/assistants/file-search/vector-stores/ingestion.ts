import { FairLine } from '../../fair-line.ts';
import type { Locks } from '../../runs/locks.ts';
import type { State } from '../../state.ts';
import type { Chunk } from '../chunks/chunk.ts';
import type { DocumentReader, NamedFile } from '../documents/document-reader.ts';
import { UnreadableDocument } from '../documents/unreadable.ts';
import type { SearchEngine } from '../search/search-engine.ts';
import type { KeptFile } from './kept.ts';
import type { Outcome, StoreFiles } from './store-files.ts';

/** So many documents are read at once: each takes a processor, and up to several hundred MB. */
const CONCURRENCY = 2;

/** How often it is looked for files of a store that nobody works on, in ms: others that work on them are not disturbed. */
const LOOK_EVERY_MS = 5_000;

const SERVER_ERROR = 'The file could not be indexed because the server had an error. Add it again later.';

export interface IngestionParts {
  state: State;
  files: StoreFiles;
  index: SearchEngine;
  documents: DocumentReader;
  locks: Locks;
  /** For the log. */
  onError: (error: unknown) => void;
}

type Place = Pick<KeptFile, 'id' | 'vector_store_id' | 'file_id'>;

/**
 * Reads and indexes the files that were added to vector stores, some at a time and in their order; those of threads, for
 * which somebody waits, before all others, and of one thread after the other. Files that a process has left in progress are taken up by the next one that looks.
 */
export class Ingestion {
  readonly #parts: IngestionParts;
  readonly #urgent = new Map<string, Place>();
  /** The ids of these, as each store's turn comes. */
  readonly #line = new FairLine<string>();
  readonly #waiting = new Map<string, Place>();
  /** What is being worked on, by the file's place. */
  readonly #running = new Map<string, { abort: AbortController; done: Promise<void> }>();
  /** What was asked for once more while it was being worked on. */
  readonly #again = new Map<string, Place>();
  /** When it was last looked for what a store has in progress, by the store's id. */
  readonly #looked = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(parts: IngestionParts) {
    this.#parts = parts;
  }

  /** Indexes what of these is in progress. */
  add(files: readonly KeptFile[], urgency: 'urgent' | 'usual'): void {
    for (const file of files.filter(({ status }) => status === 'in_progress')) {
      if (this.#running.has(file.id)) this.#again.set(file.id, file);
      else if (this.#urgent.has(file.id)) continue;
      else if (urgency === 'usual') this.#waiting.set(file.id, file);
      else {
        this.#urgent.set(file.id, file);
        this.#line.join(file.vector_store_id, file.id);
      }
    }
    this.#goOn();
  }

  /** Leaves off what is no longer wanted, by the ids of the files' places. */
  drop(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#urgent.delete(id)) this.#line.leave(id);
      this.#waiting.delete(id);
      this.#again.delete(id);
      this.#running.get(id)?.abort.abort();
    }
  }

  /** Takes up what of a store is in progress, unless it has been looked at just now. */
  async look(vectorStoreId: string, urgency: 'urgent' | 'usual' = 'usual'): Promise<void> {
    const now = performance.now();
    if (now - (this.#looked.get(vectorStoreId) ?? -Infinity) < LOOK_EVERY_MS) return;
    this.#looked.set(vectorStoreId, now);
    for await (const file of this.#parts.files.walk(vectorStoreId))
      if (!this.#knows(file.id)) this.add([file], urgency);
  }

  /** Ends when what is being worked on has been left off; it is still in progress for the next process. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const { abort } of this.#running.values()) abort.abort();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  #knows(id: string): boolean {
    return this.#urgent.has(id) || this.#waiting.has(id) || this.#running.has(id);
  }

  #goOn(): void {
    while (this.#running.size < CONCURRENCY && !this.#closing.signal.aborted) {
      const urgent = this.#line.next();
      const place = urgent === undefined ? this.#waiting.values().next().value : this.#urgent.get(urgent);
      if (!place) return;
      this.#urgent.delete(place.id);
      this.#waiting.delete(place.id);
      const abort = new AbortController();
      const done = this.#work(place, abort.signal)
        .catch(this.#parts.onError)
        .then(() => {
          if (urgent !== undefined) this.#line.end(place.vector_store_id);
          this.#ended(place.id);
        });
      this.#running.set(place.id, { abort, done });
    }
  }

  #ended(id: string): void {
    this.#running.delete(id);
    const again = this.#again.get(id);
    this.#again.delete(id);
    if (again) this.#waiting.set(id, again);
    this.#goOn();
  }

  /** Unless another process has it in work. */
  async #work({ id, vector_store_id, file_id }: Place, signal: AbortSignal): Promise<void> {
    const { files, locks } = this.#parts;
    const lock = await locks.take(`index ${id}`);
    if (!lock) return;
    try {
      const file = await files.get(vector_store_id, file_id);
      if (file?.status !== 'in_progress') return;
      const outcome = await this.#index(file, AbortSignal.any([signal, lock.lost]));
      if (outcome) await files.end(file, outcome);
    } finally {
      await lock.release();
    }
  }

  /** Undefined when it was left off. */
  async #index(file: KeptFile, signal: AbortSignal): Promise<Outcome | undefined> {
    const { vector_store_id: store, file_id, attributes, chunking_strategy } = file;
    try {
      const source = await this.#source(file_id);
      const document = await this.#parts.documents.read(source, chunking_strategy, signal);
      const { title = source.name, chunks, unread } = document;
      signal.throwIfAborted();
      await this.#parts.index.put({ store, file: file_id, title, attributes, chunks });
      return { status: 'completed', usage_bytes: bytesOf(chunks), ...(unread?.length && { unread }) };
    } catch (error) {
      if (signal.aborted) return undefined;
      return { status: 'failed', last_error: await this.#reason(file_id, error) };
    }
  }

  async #source(fileId: string): Promise<NamedFile> {
    const { state } = this.#parts;
    const [file, bytes] = await Promise.all([state.files.get(fileId), state.contents.get(fileId)]);
    if (!file || !bytes) throw new UnreadableDocument('was deleted.');
    return { name: file.filename, bytes };
  }

  async #reason(fileId: string, error: unknown): Promise<NonNullable<KeptFile['last_error']>> {
    if (!(error instanceof UnreadableDocument)) {
      this.#parts.onError(error);
      return { code: 'server_error', message: SERVER_ERROR };
    }
    const name = (await this.#parts.state.files.get(fileId))?.filename ?? 'The file';
    return { code: error.code, message: `${name} ${error.message}` };
  }
}

function bytesOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}
