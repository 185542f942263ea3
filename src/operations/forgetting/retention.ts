import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenAI } from 'openai';
import { Erasure } from '../../conversation/erasure/erasure.ts';
import { CONVERSATIONS } from '../../conversation/namespaces.ts';
import { isOver } from '../../conversation/run/run-status.ts';
import { unlessGone } from '../../conversation/thread/gone.ts';
import type { KeptThread } from '../../conversation/thread/thread-map.ts';
import type { Logger } from '../../log.ts';
import type { Store } from '../../store/store.ts';
import { ConversationRecords, QUEUES } from './conversation-records.ts';
import { deleteCopiesBefore } from './file-copies.ts';

/** From the end of one pass to the next, in ms: what is kept for days need not be deleted to the hour. */
const EVERY_MS = 6 * 60 * 60 * 1_000;

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Messages that came so long ago have been answered, or are delivered no more; the queue knows no older ones. */
const WAITING_MS = 26 * 60 * 60 * 1_000;

/** So many conversations are looked at together. */
const PAGE = 50;

/** Between two pages, in ms: a hundred thousand conversations take ten minutes, and little of the processor meanwhile. */
const PAUSE_MS = 250;

/** The threads and files of an Assistants server of one's own. */
export interface OldThings {
  /** Deletes files whose own time is over; gives how many there were. */
  deleteExpired(signal: AbortSignal): Promise<number>;
  deleteOlderThan(
    before: number,
    options: { spares?: (thread: { metadata: unknown }) => boolean; signal: AbortSignal },
  ): Promise<{ threads: number; files: number }>;
}

export interface RetentionParts {
  /** Left out, only files whose own time is over are deleted. */
  days?: number;
  store: Store;
  log: Logger;
  /** Left out where the server is another one. */
  archive?: OldThings;
  /** For the bot's conversations; left out where there are none. */
  client?: OpenAI;
  dataDir: string;
}

/**
 * Deletes what was last touched so many days ago: conversations and threads with everything in them, and files that nobody
 * has any more. Now and every few hours, in small steps, each process by itself: what another one has deleted is passed over.
 */
export class Retention {
  readonly #parts: RetentionParts;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
    this.#done = this.#goOn();
  }

  /** Ends when the step that is being taken is over. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #goOn(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#pass().catch((err: unknown) => this.#parts.log.warn({ err }, 'what is old is still kept'));
      await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #pass(): Promise<void> {
    const { days, store, log, archive, client, dataDir } = this.#parts;
    const { signal } = this.#closing;
    const expired = (await archive?.deleteExpired(signal)) ?? 0;
    if (expired > 0) {
      await store.scrub();
      log.info({ files: expired }, 'files whose time was over have been deleted');
    }
    if (days === undefined) return;
    const before = Date.now() - days * DAY_MS;
    const waiting = new Set(await this.#waiting());
    const spares = ({ metadata }: { metadata: unknown }) => waiting.has(Object(metadata).conversation);
    const seconds = Math.floor(before / 1_000);
    const deleted = (await archive?.deleteOlderThan(seconds, { spares, signal })) ?? { threads: 0, files: 0 };
    const conversations = client ? await this.#conversations(client, seconds, waiting) : 0;
    const copies = (await deleteCopiesBefore(dataDir, before)).length;
    if (deleted.threads + deleted.files + conversations + copies === 0) return;
    await store.scrub();
    log.info({ ...deleted, conversations, copies, days }, 'what was old has been deleted');
  }

  /** Conversations in which somebody has written lately, whether or not they were answered. */
  async #waiting(): Promise<string[]> {
    const since = Date.now() - WAITING_MS;
    const used = QUEUES.map((name) => this.#parts.store.queue(name).keysSince(since));
    return (await Promise.all(used)).flatMap((keys) => [...keys.keys()]);
  }

  async #conversations(client: OpenAI, before: number, waiting: ReadonlySet<string>): Promise<number> {
    const { store } = this.#parts;
    const records = new ConversationRecords(store);
    let deleted = 0;
    for await (const [conversation, kept] of this.#all()) {
      const id = typeof kept === 'string' ? kept : kept.id;
      if (waiting.has(conversation) || !(await isOld(client, id, before))) continue;
      await new Erasure(client).thread(id);
      // It may have got a new thread meanwhile.
      const now = await store.keyv<KeptThread>(CONVERSATIONS).get(conversation);
      if (now === undefined || (typeof now === 'string' ? now : now.id) !== id) continue;
      await records.deleteNotes(conversation);
      deleted++;
    }
    return deleted;
  }

  async *#all(): AsyncGenerator<[string, KeptThread]> {
    const { signal } = this.#closing;
    for (let after = ''; !signal.aborted; ) {
      const page = await this.#parts.store.page<KeptThread>(CONVERSATIONS, after, PAGE);
      yield* page;
      const last = page.at(-1);
      if (page.length < PAGE || !last) return;
      [after] = last;
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }
}

/** Whether a thread is gone, or nothing was said or run in it since then (Unix time in seconds). */
async function isOld(client: OpenAI, id: string, before: number): Promise<boolean> {
  const { threads } = client.beta;
  const thread = await threads.retrieve(id).catch(unlessGone);
  if (!thread) return true;
  if (thread.created_at >= before) return false;
  const [messages, runs] = await Promise.all([
    threads.messages.list(id, { limit: 1 }),
    threads.runs.list(id, { limit: 1 }),
  ]);
  const newest = [...messages.data, ...runs.data];
  return newest.every(({ created_at }) => created_at < before) && runs.data.every(isOver);
}
