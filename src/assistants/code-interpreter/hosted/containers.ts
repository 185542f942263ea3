import type { Keyv } from 'keyv';
import type { CodeRequest } from '../code-interpreter.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { sizeOf } from '../output.ts';
import { type ContainersApi, IDLE_MINUTES, type MemoryLimit } from './containers-api.ts';
import { type KeptContainer, newContainer, type Upload } from './kept-container.ts';
import { isGone, mayRetry, NoContainers, reasonOf, unmade } from './trouble.ts';

/** Who deletes something does not wait longer for the provider, in ms: it drops the container by itself later. */
const DELETE_TIMEOUT_MS = 5_000;

/** A provider that had no containers is asked again after so long, in ms: somebody may have given the key the right. */
const ASK_AGAIN_MS = 10 * 60_000;

export interface ContainersOptions {
  api: ContainersApi;
  /** The threads' containers, by the thread's id. */
  kept: Keyv<KeptContainer>;
  /** How much memory each has; the provider's own default when left out. */
  memory?: MemoryLimit;
  /** The time in ms since 1970. */
  now?: () => number;
}

/** Whose container it is, and which files are to be in it. */
type Wanted = Pick<CodeRequest, 'session' | 'files'>;

/** A container that code can run in. */
export interface Place {
  id: string;
  /** Nothing has run in it yet. */
  isNew: boolean;
  /** The files that were to be there. */
  uploads: Upload[];
}

/**
 * The threads' containers at a provider: one each, for as long as it lives, with the files of people. They hold what people
 * sent, so they go when something of the thread is deleted, and by themselves when they were not used for 20 minutes.
 */
export class Containers {
  readonly api: ContainersApi;
  readonly kept: Keyv<KeptContainer>;
  readonly #memory: MemoryLimit | undefined;
  readonly #now: () => number;
  #none: { reason: unknown; at: number } | undefined;

  constructor({ api, kept, memory, now = Date.now }: ContainersOptions) {
    this.api = api;
    this.kept = kept;
    this.#memory = memory;
    this.#now = now;
  }

  /**
   * The session's container with the files in it: the one that it has, or a new one. Throws `NoContainers` where the provider
   * has none, and `ModelError`.
   */
  async open(wanted: Wanted, signal: AbortSignal): Promise<Place> {
    const { session } = wanted;
    const living = await this.#living(session, signal);
    try {
      if (living) return await this.#fill(wanted, living, true, signal);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    return this.#fill(wanted, await this.#create(session, signal), false, signal);
  }

  /** The id of the container that the session has, whether it lives or not. */
  async known(session: string): Promise<string | undefined> {
    return (await this.kept.get(session))?.id;
  }

  /** The session's container is gone: the next one is a new one. */
  async forget(session: string): Promise<void> {
    await this.kept.delete(session);
  }

  /** Deletes the session's container, which holds what people sent. Never throws what the provider says. */
  async remove(session: string): Promise<void> {
    const id = await this.known(session);
    if (id === undefined) return;
    await this.forget(session);
    await this.api.delete(id, AbortSignal.timeout(DELETE_TIMEOUT_MS)).catch(() => {});
  }

  async #living(session: string, signal: AbortSignal): Promise<KeptContainer | undefined> {
    const container = await this.kept.get(session);
    if (!container) return undefined;
    if (this.#now() - container.usedAt < IDLE_MINUTES * 60_000) return container;
    // It may live longer than we know, since what its code did lately counts.
    const lives = await this.api.lives(container.id, signal).catch(() => {
      signal.throwIfAborted();
      return false;
    });
    return lives ? container : undefined;
  }

  async #create(session: string, signal: AbortSignal): Promise<KeptContainer> {
    if (this.#none && this.#now() - this.#none.at < ASK_AGAIN_MS) throw this.#none.reason;
    try {
      const id = await this.api.create(session, this.#memory, signal);
      const container = newContainer(id, this.#now());
      await this.kept.set(session, container);
      return container;
    } catch (error) {
      signal.throwIfAborted();
      const reason = await unmade(error, this.api.provider);
      if (reason instanceof NoContainers) this.#none = { reason, at: this.#now() };
      throw reason;
    }
  }

  /**
   * Brings the files that are not there yet. One that the provider does not take is not brought again. `mayBeGone`: then that
   * is thrown, in the provider's words.
   */
  async #fill(
    { session, files }: Wanted,
    container: KeptContainer,
    mayBeGone: boolean,
    signal: AbortSignal,
  ): Promise<Place> {
    const { id, uploads, hasRun } = container;
    const there = new Set(uploads.map(({ name }) => name));
    const late: Upload[] = [];
    try {
      for (const file of files.filter(({ name }) => !there.has(name))) {
        const { mayRetry: isLate, ...upload } = await this.#bring(container, file, mayBeGone, signal);
        (isLate ? late : uploads).push(upload);
      }
    } finally {
      await this.kept.set(session, { ...container, uploads, usedAt: this.#now() });
    }
    return { id, isNew: !hasRun, uploads: [...uploads, ...late] };
  }

  async #bring(
    { id, uploads }: KeptContainer,
    { name, read }: CodeRequest['files'][number],
    mayBeGone: boolean,
    signal: AbortSignal,
  ): Promise<Upload & { mayRetry?: boolean }> {
    const content = await read();
    const bytes = content.length;
    const most = DEFAULT_LIMITS.filesInBytes;
    if (uploads.reduce((sum, upload) => sum + upload.bytes, bytes) > most)
      return { name, bytes: 0, problem: `the files of a conversation may have ${sizeOf(most)} together.` };
    try {
      return { name, bytes, path: await this.api.put(id, name, content, signal) };
    } catch (error) {
      signal.throwIfAborted();
      if (mayBeGone && isGone(error)) throw error;
      return { name, bytes: 0, problem: reasonOf(error, this.api.provider), mayRetry: mayRetry(error) };
    }
  }
}
