import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { APIError, type OpenAI } from 'openai';
import type { VectorStoreFile } from 'openai/resources/vector-stores/files';
import { Problem } from '../../problem.ts';
import { keyOf } from '../audience.ts';
import { readWhole } from '../sources/documents.ts';
import { checksumOf, reasonOf, type SourceDocument, Unread } from '../sources/found.ts';
import { Passing, type Patience } from './patience.ts';
import { attributesOf, type Plan, type StoredDocument, type Wanted } from './plan.ts';
import { type KnowledgeStores, unlessGone } from './stores.ts';
import type { Uploads } from './uploads.ts';

/** So many documents are brought to the server at once: it reads them in processes of their own. */
const AT_ONCE = 4;

/** Between two looks at whether a document is indexed, in ms; each is half as long again, up to the last. */
const FIRST_LOOK_MS = 10;
const LAST_LOOK_MS = 2_000;

/** Longer than the server lets any document take, with those before it in line, in ms. */
const INDEXED_WITHIN_MS = 3_600_000;

/** What a server answers that does not take a file for what it is: bad, too large, of a wrong type. Others it may take. */
const OF_ONE_FILE: ReadonlySet<unknown> = new Set([400, 413, 415, 422]);

const NO_ATTRIBUTES =
  'This Assistants server keeps no attributes with the files of a vector store, and knowledge cannot be kept up to date without them: leave ASSISTANTS_BASE_URL out to use the embedded one.';

export interface Failure {
  path: string;
  /** Goes on after the path, as the end of a sentence. */
  reason: string;
}

export interface Applying {
  client: OpenAI;
  stores: KnowledgeStores;
  uploads: Uploads;
  patience: Patience;
  signal: AbortSignal;
  /** The ids of the files in the stores. */
  taken: Set<string>;
  /** Is told after each step. */
  onStep: (path: string) => void;
}

/** Brings the vector stores to where the plan has them; gives what could not be indexed. */
export async function apply(plan: Plan, parts: Applying): Promise<Failure[]> {
  const changes = new Changes(parts);
  await inParallel(plan.misplaced, (stored) => changes.remove(stored));
  await inParallel(plan.update, (update) => changes.describe(update));
  await inParallel(plan.add, (wanted) => changes.add(wanted));
  await inParallel(plan.remove, (stored) => changes.remove(stored));
  return changes.failures;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const stopped = new AbortController();
  const worker = async () => {
    for (const item of waiting) {
      if (stopped.signal.aborted) return;
      await work(item).catch((error: unknown) => {
        stopped.abort();
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** How far a document was brought. */
interface Attempt {
  storeId?: string;
  fileId?: string;
  checksum?: string;
  isAttached?: boolean;
}

class Changes {
  readonly failures: Failure[] = [];
  readonly #parts: Applying;
  /** By the audiences' keys. */
  readonly #storeIds = new Map<string, Promise<string>>();

  constructor(parts: Applying) {
    this.#parts = parts;
  }

  /** The file goes with it: nothing else has it. */
  async remove(stored: StoredDocument): Promise<void> {
    const { patience, onStep } = this.#parts;
    await patience.until(() => this.#delete(stored.store.id, stored.id));
    onStep(String(stored.attributes.path));
  }

  async describe({ document, stored }: Plan['update'][number]): Promise<void> {
    const { client, patience, onStep } = this.#parts;
    const attributes = attributesOf(document);
    const change = { vector_store_id: stored.store.id, attributes };
    await patience.until(() => client.vectorStores.files.update(stored.id, change));
    onStep(document.path);
  }

  /** The older versions go once the new one can be found. */
  async add({ document, begun, replaces }: Wanted): Promise<void> {
    const { patience, onStep } = this.#parts;
    const attempt: Attempt = begun ? { storeId: begun.store.id, fileId: begun.id, isAttached: true } : {};
    const reason = await patience.until(() => this.#index(document, attempt));
    if (reason !== undefined) this.failures.push({ path: document.path, reason });
    else for (const stored of replaces) await patience.until(() => this.#delete(stored.store.id, stored.id));
    onStep(document.path);
  }

  /** Why the document can't be indexed; undefined when it is. What fails on the way goes on from where it was. */
  async #index(document: SourceDocument, attempt: Attempt): Promise<string | undefined> {
    const { client } = this.#parts;
    const storeId = attempt.storeId ?? (await this.#storeFor(document));
    if (!attempt.isAttached) {
      const refusal = await this.#attach(storeId, document, attempt);
      if (refusal !== undefined) return refusal;
    }
    const { id, status, last_error: error } = await this.#indexed(storeId, attempt.fileId ?? '');
    if (status === 'completed') return undefined;
    if (error?.code !== 'server_error' && status !== 'cancelled')
      return `cannot be searched: ${error?.message ?? status}`;
    await client.vectorStores.files.delete(id, { vector_store_id: storeId }).catch(unlessGone);
    attempt.isAttached = false;
    throw new Passing(error?.message ?? 'It was cancelled.');
  }

  /** Is looked for once in a sync. */
  #storeFor({ audience }: SourceDocument): Promise<string> {
    const key = keyOf(audience);
    const known = this.#storeIds.get(key) ?? this.#parts.stores.for(audience).then(({ id }) => id);
    this.#storeIds.set(key, known);
    known.catch(() => this.#storeIds.delete(key));
    return known;
  }

  /** What is read now is what is brought, even if it has changed since it was looked at. Why not, where it can't be. */
  async #attach(storeId: string, document: SourceDocument, attempt: Attempt): Promise<string | undefined> {
    const { client, uploads, taken } = this.#parts;
    try {
      const { bytes } = await readWhole(document.file);
      if (bytes.length === 0) return 'is empty';
      const checksum = checksumOf(bytes);
      if (attempt.checksum !== checksum) delete attempt.fileId;
      attempt.checksum = checksum;
      const attributes = attributesOf({ ...document, checksum });
      const upload = await uploads.bring(
        document.path,
        basename(document.file),
        bytes,
        taken,
        attempt.fileId,
      );
      attempt.fileId = upload.id;
      const file = await client.vectorStores.files.create(storeId, { file_id: upload.id, attributes });
      if (file.attributes?.checksum !== checksum) throw new Problem(NO_ATTRIBUTES);
      attempt.isAttached = true;
      taken.add(upload.id);
      await upload.used();
      return undefined;
    } catch (error) {
      if (error instanceof APIError && OF_ONE_FILE.has(error.status)) return `was refused: ${error.message}`;
      if (error instanceof Unread || (error as { syscall?: unknown }).syscall !== undefined)
        return reasonOf(error);
      throw error;
    }
  }

  async #indexed(storeId: string, fileId: string): Promise<VectorStoreFile> {
    const { client, signal } = this.#parts;
    const patience = performance.now() + INDEXED_WITHIN_MS;
    const look = () => client.vectorStores.files.retrieve(fileId, { vector_store_id: storeId });
    let file = await look();
    for (
      let pause = FIRST_LOOK_MS;
      file.status === 'in_progress';
      pause = Math.min(pause * 1.5, LAST_LOOK_MS)
    ) {
      if (performance.now() > patience)
        throw new Problem(`The Assistants server has not indexed a document in an hour.`);
      await sleep(pause, undefined, { signal });
      file = await look();
    }
    return file;
  }

  async #delete(storeId: string, fileId: string): Promise<void> {
    const { client } = this.#parts;
    await client.vectorStores.files.delete(fileId, { vector_store_id: storeId }).catch(unlessGone);
    await client.files.delete(fileId).catch(unlessGone);
  }
}
