import { randomUUID } from 'node:crypto';
import { notFound } from '../../api-error.ts';
import type { Page, PageQuery } from '../../collection.ts';
import { eachSlice } from '../../in-slices.ts';
import type { State } from '../../state.ts';
import { nowInSeconds } from '../../time.ts';
import type { ChunkingStrategy } from '../chunks/chunk.ts';
import type { Unread } from '../documents/document.ts';
import type { Attributes } from '../file-search.ts';
import type { SearchEngine } from '../search/search-engine.ts';
import type { Exclusive } from './exclusive.ts';
import { type KeptFile, moved, NOTHING, placeId, type Tally } from './kept.ts';
import type { FileStatus } from './schemas.ts';

/** A tally of which it is not known whether it is still right: who wrote it was about to change the files. */
export interface KeptTally extends Tally {
  unsure?: true;
}

/** A file that is to be in a vector store. */
export interface Wanted {
  file_id: string;
  attributes: Attributes;
  chunking_strategy: ChunkingStrategy;
}

/** How the attempt to index a file has ended. */
export type Outcome =
  | { status: 'completed'; usage_bytes: number; unread?: Unread[] }
  | { status: 'failed'; last_error: NonNullable<KeptFile['last_error']> };

/** The one lock under which it changes which stores have a file: a moment each time. */
const LINKS = 'vector-store-links';

/** Counts a change that is about to be made. */
type Move = (before: KeptFile | undefined, after: KeptFile | undefined) => Promise<void>;

/**
 * The files of vector stores and their tallies. All changes to a store's files are made one at a time, whichever process
 * makes them, with the tally marked as unsure meanwhile: who finds it so afterwards counts again.
 */
export class StoreFiles {
  readonly #state: State;
  readonly #index: SearchEngine;
  readonly #exclusive: Exclusive;

  constructor(state: State, index: SearchEngine, exclusive: Exclusive) {
    this.#state = state;
    this.#index = index;
    this.#exclusive = exclusive;
  }

  get(vectorStoreId: string, fileId: string): Promise<KeptFile | undefined> {
    return this.#state.storeFiles.get(placeId(vectorStoreId, fileId));
  }

  /** Those that there are, in the order of the ids. */
  getMany(vectorStoreId: string, fileIds: readonly string[]): Promise<KeptFile[]> {
    return this.#state.storeFiles.getMany(fileIds.map((id) => placeId(vectorStoreId, id)));
  }

  /** The cursors of the query are ids of files. */
  page(
    vectorStoreId: string,
    { after, before, ...query }: PageQuery,
    status?: FileStatus,
  ): Promise<Page<KeptFile>> {
    const cursors = {
      ...(after !== undefined && { after: placeId(vectorStoreId, after) }),
      ...(before !== undefined && { before: placeId(vectorStoreId, before) }),
    };
    const fits = (file: KeptFile) => status === undefined || file.status === status;
    return this.#state.storeFiles.page(vectorStoreId, { ...query, ...cursors }, fits);
  }

  walk(vectorStoreId: string): AsyncGenerator<KeptFile> {
    return this.#state.storeFiles.walk(vectorStoreId, { order: 'asc' });
  }

  async tally(vectorStoreId: string): Promise<Tally> {
    const { unsure, ...tally } =
      (await this.#state.storeTallies.get(vectorStoreId)) ?? (NOTHING as KeptTally);
    if (!unsure) return tally;
    return this.#exclusive.run(vectorStoreId, () => this.#sure(vectorStoreId));
  }

  /** Who has the file: ids of vector stores. */
  async storesWith(fileId: string): Promise<string[]> {
    return (await this.#state.storesOfFiles.get(fileId)) ?? [];
  }

  /**
   * Adds files at the end of the store's list, in progress. Of one that is there already, and is or is being indexed in the
   * same way, only the attributes change.
   */
  async add(vectorStoreId: string, wanted: readonly Wanted[], batchId: string | null): Promise<KeptFile[]> {
    // Before the files are there: who deletes one of them then looks here, too.
    await this.#link(
      vectorStoreId,
      wanted.map(({ file_id }) => file_id),
    );
    return this.#changing(vectorStoreId, async (move) => {
      if (!(await this.#state.vectorStores.get(vectorStoreId))) throw notFound('vector store', vectorStoreId);
      const last = new Map(wanted.map((one) => [one.file_id, one]));
      const known = new Map(
        (await this.getMany(vectorStoreId, [...last.keys()])).map((file) => [file.file_id, file]),
      );
      const files = [...last.values()].map((one) =>
        toFile(vectorStoreId, one, known.get(one.file_id), batchId),
      );
      const { storeFiles } = this.#state;
      const listed = await storeFiles.listed(
        vectorStoreId,
        files.map(({ id }) => id),
      );
      for (const file of files) await move(listed.has(file.id) ? known.get(file.file_id) : undefined, file);
      const fresh = files.filter(({ id }) => !listed.has(id));
      if (fresh.length > 0) await storeFiles.appendAll(vectorStoreId, fresh);
      for (const file of files) {
        const before = listed.has(file.id) && known.get(file.file_id);
        if (before) await this.#replace(before, file);
      }
      return files;
    });
  }

  /** The file with its new attributes; undefined when the store does not have it. */
  setAttributes(
    vectorStoreId: string,
    fileId: string,
    attributes: Attributes,
  ): Promise<KeptFile | undefined> {
    return this.#exclusive.run(vectorStoreId, async () => {
      const file = await this.get(vectorStoreId, fileId);
      if (!file) return undefined;
      const changed = { ...file, attributes };
      await this.#replace(file, changed);
      return changed;
    });
  }

  /**
   * Ends an attempt to index a file. Undefined when that is of no use: the file was taken out meanwhile, cancelled, or is
   * to be indexed in another way. What the index has of a file that is not there any more is removed.
   */
  end(attempted: KeptFile, outcome: Outcome): Promise<KeptFile | undefined> {
    const { vector_store_id: store, file_id: id } = attempted;
    return this.#changing(store, async (move) => {
      const now = await this.get(store, id);
      if (!now) await this.#index.remove(store, id);
      if (now?.attempt !== attempted.attempt || now.status !== 'in_progress') return undefined;
      const ended: KeptFile = { ...now, ...outcome };
      if (JSON.stringify(now.attributes) !== JSON.stringify(attempted.attributes))
        await this.#index.setAttributes(store, id, now.attributes);
      await move(now, ended);
      await this.#state.storeFiles.put(ended);
      return ended;
    });
  }

  /** Ends what is in progress of a batch's files; those are returned. */
  cancel(vectorStoreId: string, fileIds: readonly string[], batchId: string): Promise<KeptFile[]> {
    return this.#changing(vectorStoreId, async (move) => {
      const files = await this.getMany(vectorStoreId, fileIds);
      const open = files.filter(({ status, batch_id }) => status === 'in_progress' && batch_id === batchId);
      for (const file of open) {
        const cancelled: KeptFile = { ...file, status: 'cancelled' };
        await move(file, cancelled);
        await this.#state.storeFiles.put(cancelled);
      }
      return open;
    });
  }

  /** Takes a file out of the store; true when it was there. Nothing of it is found afterwards. */
  async remove(vectorStoreId: string, fileId: string): Promise<boolean> {
    const removed = await this.#changing(vectorStoreId, async (move) => {
      const file = await this.get(vectorStoreId, fileId);
      if (!file) return false;
      await move(file, undefined);
      // Never completed without being indexed: whoever dies here has cancelled it.
      await this.#state.storeFiles.put({ ...file, status: 'cancelled' });
      await this.#index.remove(vectorStoreId, fileId);
      await this.#state.storeFiles.withdraw(vectorStoreId, file.id);
      return true;
    });
    await this.#unlink(vectorStoreId, [fileId]);
    return removed;
  }

  /** Takes everything out of a store that is not there any more. */
  async clear(vectorStoreId: string): Promise<void> {
    const ids = (await Array.fromAsync(this.walk(vectorStoreId))).map(({ file_id }) => file_id);
    await this.#exclusive.run(vectorStoreId, async () => {
      await this.#index.remove(vectorStoreId);
      await this.#state.storeFiles.clear(vectorStoreId);
      await this.#state.storeTallies.delete(vectorStoreId);
    });
    await this.#unlink(vectorStoreId, ids);
  }

  /** Another attempt, another strategy or other attributes of a file that is there. */
  async #replace(before: KeptFile, after: KeptFile): Promise<void> {
    await this.#state.storeFiles.put(after);
    const isIndexed = after.status !== 'in_progress';
    if (isIndexed && JSON.stringify(before.attributes) !== JSON.stringify(after.attributes))
      await this.#index.setAttributes(after.vector_store_id, after.file_id, after.attributes);
  }

  #changing<T>(vectorStoreId: string, work: (move: Move) => Promise<T>): Promise<T> {
    return this.#exclusive.run(vectorStoreId, async () => {
      let tally: Tally | undefined;
      const result = await work(async (before, after) => {
        const kept = tally ?? (await this.#sure(vectorStoreId));
        if (!tally) await this.#state.storeTallies.set(vectorStoreId, { ...kept, unsure: true });
        tally = moved(kept, before, after);
      });
      if (tally) await this.#state.storeTallies.set(vectorStoreId, tally);
      return result;
    });
  }

  async #link(vectorStoreId: string, fileIds: readonly string[]): Promise<void> {
    await this.#relink(fileIds, (stores) => [...stores.filter((id) => id !== vectorStoreId), vectorStoreId]);
  }

  async #unlink(vectorStoreId: string, fileIds: readonly string[]): Promise<void> {
    await this.#relink(fileIds, (stores) => stores.filter((id) => id !== vectorStoreId));
  }

  async #relink(fileIds: readonly string[], change: (stores: string[]) => string[]): Promise<void> {
    const ids = [...new Set(fileIds)];
    if (ids.length === 0) return;
    const { storesOfFiles: links } = this.#state;
    await this.#exclusive.run(LINKS, async () => {
      await eachSlice(ids, async (slice) => {
        const known = await links.getMany(slice);
        const changed = slice.map((key, index) => ({ key, value: change(known[index] ?? []) }));
        const [some, none] = [
          changed.filter(({ value }) => value.length > 0),
          changed.filter(({ value }) => value.length === 0),
        ];
        if (some.length > 0) await links.setMany(some);
        if (none.length > 0) await links.deleteMany(none.map(({ key }) => key));
      });
    });
  }

  /** The tally, counted again where it is not sure. */
  async #sure(vectorStoreId: string): Promise<Tally> {
    const { unsure, ...kept } = (await this.#state.storeTallies.get(vectorStoreId)) ?? (NOTHING as KeptTally);
    if (!unsure) return kept;
    let tally = NOTHING;
    for await (const file of this.walk(vectorStoreId)) tally = moved(tally, undefined, file);
    await this.#state.storeTallies.set(vectorStoreId, tally);
    return tally;
  }
}

function toFile(
  vectorStoreId: string,
  { file_id, attributes, chunking_strategy }: Wanted,
  known: KeptFile | undefined,
  batch_id: string | null,
): KeptFile {
  const isSame = JSON.stringify(known?.chunking_strategy) === JSON.stringify(chunking_strategy);
  if (known && isSame && (known.status === 'completed' || known.status === 'in_progress'))
    return { ...known, attributes, batch_id };
  return {
    id: placeId(vectorStoreId, file_id),
    file_id,
    vector_store_id: vectorStoreId,
    created_at: known?.created_at ?? nowInSeconds(),
    status: 'in_progress',
    last_error: null,
    usage_bytes: known?.usage_bytes ?? 0,
    chunking_strategy,
    attributes,
    batch_id,
    attempt: randomUUID(),
  };
}
