import type { Thread } from 'openai/resources/beta/threads/threads';
import { invalidRequest, notFound, notInStore } from '../../api-error.ts';
import { adopt, checkFiles, isExpired } from '../../file.ts';
import type { Locks } from '../../runs/locks.ts';
import type { HelperStore } from '../../schemas.ts';
import { ROOT, type State } from '../../state.ts';
import { nowInSeconds } from '../../time.ts';
import type { DocumentReader } from '../documents/document-reader.ts';
import type { SearchEngine } from '../search/search-engine.ts';
import { type KeptBatch, newBatch } from './batches.ts';
import { Exclusive } from './exclusive.ts';
import { Ingestion } from './ingestion.ts';
import {
  isOver,
  type KeptFile,
  type KeptStore,
  newStore,
  placeId,
  storeObject,
  type VectorStore,
} from './kept.ts';
import type { ExpiresAfter, FileInput, StoreInput } from './schemas.ts';
import { StoreFiles } from './store-files.ts';

/** What a file must be meant for to be searched: an image that a model looks at has no text. */
const UNSEARCHABLE = 'vision';

/** As OpenAI's: https://developers.openai.com/api/docs/assistants/tools/file-search */
const OF_THREADS: ExpiresAfter = { anchor: 'last_active_at', days: 7 };

/** A thread's store is made before the thread: within so many seconds, or it has come to nothing. */
const THREAD_IS_MADE_IN = 3_600;

/** A store that is in use is noted as active so often, in seconds: it expires after days. */
const ACTIVE_EVERY = 60;

export interface VectorStoresParts {
  state: State;
  index: SearchEngine;
  documents: DocumentReader;
  locks: Locks;
  /** For the log. */
  onError: (error: unknown) => void;
}

/** The vector stores with their files and batches, and what indexes them. */
export class VectorStores {
  readonly files: StoreFiles;
  readonly index: SearchEngine;
  readonly ingestion: Ingestion;
  readonly #state: State;

  constructor(parts: VectorStoresParts) {
    this.#state = parts.state;
    this.index = parts.index;
    this.files = new StoreFiles(parts.state, parts.index, new Exclusive(parts.locks));
    this.ingestion = new Ingestion({ ...parts, files: this.files });
  }

  /** Throws a 400 ApiError when one of its files can't be had. `ofThread`: the thread whose own it is. */
  async create(
    { file_ids = [], chunking_strategy, ...input }: StoreInput,
    ofThread?: string,
  ): Promise<KeptStore> {
    await this.#check(file_ids);
    const store = { ...newStore(input), ...(ofThread !== undefined && { thread_id: ofThread }) };
    await this.#state.vectorStores.append(ROOT, store);
    const strategy = chunking_strategy && { chunking_strategy };
    if (file_ids.length > 0)
      await this.#add(
        store,
        file_ids.map((file_id) => ({ file_id, ...strategy })),
        null,
      );
    return store;
  }

  /** Throws a 404 ApiError when there is no such store. */
  async find(id: string): Promise<KeptStore> {
    const store = await this.#state.vectorStores.get(id);
    if (!store) throw notFound('vector store', id);
    return this.noted(store);
  }

  /** The same without its content, if its time is over. */
  async noted(store: KeptStore): Promise<KeptStore> {
    if (store.expired || !isOver(store)) return store;
    await this.index.remove(store.id);
    const expired = { ...store, expired: true as const };
    await this.#state.vectorStores.update(store.id, (kept) => ({ ...kept, expired: true }));
    return expired;
  }

  /** Throws a 400 ApiError when the store has expired, a 404 when there is none. */
  async findLive(id: string): Promise<KeptStore> {
    const store = await this.find(id);
    if (store.expired) throw invalidRequest(`The vector store '${id}' has expired.`);
    return store;
  }

  /** As the API shows it. What nobody works on any more is taken up. */
  async object(store: KeptStore): Promise<VectorStore> {
    const tally = await this.files.tally(store.id);
    if (tally.in_progress > 0 && !store.expired) await this.ingestion.look(store.id);
    return storeObject(store, tally);
  }

  /** Removes a store with what is indexed of its files; true when it was there. */
  async remove(id: string): Promise<boolean> {
    const removed = await this.#state.vectorStores.remove(id);
    this.ingestion.drop((await Array.fromAsync(this.files.walk(id))).map((file) => file.id));
    await this.files.clear(id);
    await this.#state.fileBatches.clear(id);
    return removed;
  }

  /** Takes a file out of every store, as it is being deleted. */
  async removeEverywhere(fileId: string): Promise<void> {
    for (const id of await this.files.storesWith(fileId)) await this.#takeOut(id, fileId);
  }

  /** Removes the store that a thread's attachments are in. */
  async removeOfThread(threadId: string): Promise<void> {
    const id = await this.#state.threadStores.get(threadId);
    if (id !== undefined) await this.remove(id);
    await this.#state.threadStores.delete(threadId);
  }

  /**
   * The store that a thread's attachments are in, with these files in it. It is made when there is none, or when its time
   * was over.
   */
  async addToThread(threadId: string, { file_ids = [], ...input }: HelperStore): Promise<KeptStore> {
    await this.#check(file_ids);
    const id = await this.#state.threadStores.get(threadId);
    const known = id === undefined ? undefined : await this.#state.vectorStores.get(id);
    if (known && !(await this.noted(known)).expired) {
      const { chunking_strategy } = input;
      const inputs = file_ids.map((file_id) => ({
        file_id,
        ...(chunking_strategy && { chunking_strategy }),
      }));
      await this.#add(known, inputs, null);
      return known;
    }
    if (known) await this.remove(known.id);
    const store = await this.create({ ...input, file_ids, expires_after: OF_THREADS }, threadId);
    await this.#state.threadStores.set(threadId, store.id);
    return store;
  }

  async addFile(store: KeptStore, input: FileInput): Promise<KeptFile> {
    await this.#check([input.file_id]);
    const [file] = await this.#add(store, [input], null);
    if (!file) throw notInStore(input.file_id, store.id);
    return file;
  }

  async addBatch(store: KeptStore, inputs: readonly FileInput[]): Promise<KeptBatch> {
    const ids = inputs.map(({ file_id }) => file_id);
    await this.#check(ids);
    const batch = newBatch(store.id, ids);
    await this.#state.fileBatches.append(store.id, batch);
    await this.#add(store, inputs, batch.id);
    return batch;
  }

  /** Ends what is in progress of a batch; what is indexed of it stays. */
  async cancelBatch(batch: KeptBatch): Promise<KeptBatch> {
    const { id, vector_store_id: store } = batch;
    const open = await this.files.cancel(store, batch.file_ids, id);
    this.ingestion.drop(open.map((file) => file.id));
    if (open.length === 0) return batch;
    return (await this.#state.fileBatches.update(id, (kept) => ({ ...kept, cancelled: true }))) ?? batch;
  }

  /** Throws a 404 ApiError when the store does not have the file. */
  async removeFile(vectorStoreId: string, fileId: string): Promise<void> {
    if (!(await this.#takeOut(vectorStoreId, fileId))) throw notInStore(fileId, vectorStoreId);
  }

  /**
   * The store that a thread's attachments are in. One whose time is over is made anew with the files that there still are:
   * whoever goes on with a conversation after weeks means what was attached in it.
   */
  async ofThread(threadId: string): Promise<KeptStore | undefined> {
    const id = await this.#state.threadStores.get(threadId);
    const kept = id === undefined ? undefined : await this.#state.vectorStores.get(id);
    if (!kept || !isOver(kept)) return kept;
    const had = (await Array.fromAsync(this.files.walk(kept.id))).map(({ file_id }) => file_id);
    const there = (await this.#state.files.getMany(had)).filter((file) => !isExpired(file));
    const store = await this.addToThread(threadId, { file_ids: there.map((file) => file.id) });
    await this.#state.threads.update(threadId, (thread) => ({
      ...thread,
      tool_resources: replaced(thread.tool_resources, kept.id, store.id),
    }));
    return store;
  }

  /** Notes that the store is in use. */
  async touch({ id, last_active_at }: KeptStore): Promise<void> {
    const now = nowInSeconds();
    if (now - last_active_at < ACTIVE_EVERY) return;
    await this.#state.vectorStores.update(id, (store) => ({ ...store, last_active_at: now }));
  }

  /** Takes up everything that was in progress when the last process ended. False where there are no vector stores. */
  async resume(): Promise<boolean> {
    let isUsed = false;
    for await (const store of this.#state.vectorStores.walk(ROOT, { order: 'asc' })) {
      isUsed = true;
      const { in_progress } = await this.files.tally(store.id);
      if (in_progress > 0 && !isOver(store)) await this.ingestion.look(store.id, urgencyOf(store));
    }
    return isUsed;
  }

  #takeOut(vectorStoreId: string, fileId: string): Promise<boolean> {
    this.ingestion.drop([placeId(vectorStoreId, fileId)]);
    return this.files.remove(vectorStoreId, fileId);
  }

  /** Removes what is indexed of stores whose time is over, and the stores of threads that are gone. */
  async sweep(): Promise<void> {
    for await (const store of this.#state.vectorStores.walk(ROOT, { order: 'asc' })) {
      await this.noted(store);
      const { id, thread_id, created_at } = store;
      const isSettled = created_at < nowInSeconds() - THREAD_IS_MADE_IN;
      if (thread_id !== undefined && isSettled && !(await this.#state.threads.get(thread_id)))
        await this.remove(id);
    }
  }

  /** Leaves what is being indexed to the next process. */
  close(): Promise<void> {
    return this.ingestion.close();
  }

  async #add(store: KeptStore, inputs: readonly FileInput[], batchId: string | null): Promise<KeptFile[]> {
    const wanted = inputs.map(({ file_id, attributes, chunking_strategy }) => ({
      file_id,
      attributes: attributes ?? {},
      chunking_strategy: chunking_strategy ?? { type: 'auto' as const },
    }));
    await adopt(
      this.#state,
      inputs.map(({ file_id }) => file_id),
    );
    const files = await this.files.add(store.id, wanted, batchId);
    await this.touch(store);
    this.ingestion.add(files, urgencyOf(store));
    return files;
  }

  async #check(fileIds: string[]): Promise<void> {
    await checkFiles(this.#state, fileIds);
    const image = (await this.#state.files.getMany(fileIds)).find(({ purpose }) => purpose === UNSEARCHABLE);
    if (image)
      throw invalidRequest(
        `The file '${image.id}' can't be searched: its purpose is '${UNSEARCHABLE}'. Upload it with the purpose 'assistants'.`,
      );
  }
}

/** Somebody waits for what was attached in a thread. */
function urgencyOf({ thread_id }: KeptStore): 'urgent' | 'usual' {
  return thread_id === undefined ? 'usual' : 'urgent';
}

/** Resources that name another store in the place of one. */
function replaced(resources: Thread['tool_resources'], from: string, to: string): Thread['tool_resources'] {
  const ids = resources?.file_search?.vector_store_ids;
  if (!ids?.includes(from)) return resources;
  return { ...resources, file_search: { vector_store_ids: ids.map((id) => (id === from ? to : id)) } };
}
