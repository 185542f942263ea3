import type { Keyv } from 'keyv';
import { KeyedQueue } from '../../keyed-queue.ts';
import type { Gaps } from '../../knowledge/gaps.ts';
import type { Logger } from '../../log.ts';
import type { IncomingMessage } from '../../platform.ts';
import type { Store } from '../../store/store.ts';
import { RETRACTED } from '../namespaces.ts';
import type { ThreadMap } from '../thread/thread-map.ts';
import type { TurnTask } from '../turns.ts';
import type { Erasure } from './erasure.ts';

/** A message that people deleted: whether what is kept of it has been deleted, too. */
export type Retraction = 'open' | 'done';

/** As long as a platform may deliver a message again, or the queue may hold it. */
const REMEMBERED_MS = 26 * 60 * 60 * 1_000;

const STILL_KEPT = 'a message that was deleted is still kept: the next start tries again';

/** So many are read at once when work that was left is looked for. */
const PAGE = 100;

export interface RetractionsOptions {
  store: Pick<Store, 'keyv' | 'page' | 'scrub'>;
  threads: Pick<ThreadMap, 'idOf'>;
  erasure: Pick<Erasure, 'messages'>;
  gaps: Pick<Gaps, 'forget'>;
  log: Logger;
}

/**
 * Messages that people deleted on their platform. Who waits is not answered any more; who was answered already is deleted
 * from the thread, with the answer, which may quote it. On the platform the answer stays: others have read it, and delete
 * it there themselves.
 */
export class Retractions {
  readonly #options: RetractionsOptions;
  readonly #marks: Keyv<Retraction>;
  readonly #erasing = new KeyedQueue();

  constructor(options: RetractionsOptions) {
    this.#options = options;
    this.#marks = options.store.keyv(RETRACTED);
  }

  /**
   * Resolves when it is certain that the message will be deleted, whatever becomes of this process; a run that is reading
   * it comes to its end first.
   */
  async retract(conversation: string, message: string): Promise<void> {
    await this.#marks.set(keyOf(conversation, message), 'open');
    void this.#erase(conversation, message);
  }

  /**
   * The messages of a turn that nobody deleted; all of them when the store fails, so that people are told of that. One
   * that was begun is known by its first message, and has a reply that comes to an end.
   */
  async standing({ messages, begun }: TurnTask): Promise<IncomingMessage[]> {
    const isMarked = await this.#areMarked(messages);
    return messages.filter((_, at) => !isMarked[at] || (begun && at === 0));
  }

  /** Deletes those of a turn's messages that somebody deleted while it was taken, now that it is over. */
  async settle(messages: readonly IncomingMessage[]): Promise<void> {
    const isMarked = await this.#areMarked(messages);
    const late = messages.filter((_, at) => isMarked[at]);
    await Promise.all(late.map(({ conversation, id }) => this.#erase(conversation, id)));
  }

  /** Does what an earlier process has left to do. Never rejects. */
  async goOn(): Promise<void> {
    await this.#eraseOpen().catch((err: unknown) => this.#options.log.error({ err }, STILL_KEPT));
  }

  async #eraseOpen(): Promise<void> {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: [string, Retraction][] = await this.#options.store.page(RETRACTED, after, PAGE);
      for (const [key, state] of page) if (state === 'open') await this.#erase(...partsOf(key));
      after = page.length < PAGE ? undefined : page.at(-1)?.[0];
    }
  }

  async #areMarked(messages: readonly IncomingMessage[]): Promise<boolean[]> {
    if (messages.length === 0) return [];
    const keys = messages.map(({ conversation, id }) => keyOf(conversation, id));
    return this.#marks.hasMany(keys).catch((err: unknown) => {
      this.#options.log.error({ err }, 'whether messages were deleted could not be looked up');
      return [];
    });
  }

  /** What fails stays open, and is done at the next start. */
  async #erase(conversation: string, message: string): Promise<void> {
    const { threads, erasure, gaps, store, log } = this.#options;
    try {
      await this.#erasing.run(conversation, async () => {
        const thread = await threads.idOf(conversation);
        if (thread !== undefined)
          await erasure.messages(thread, ({ metadata }) => Object(metadata).message === message);
        await gaps.forget(conversation, [message]);
        await this.#marks.set(keyOf(conversation, message), 'done', REMEMBERED_MS);
        await store.scrub();
      });
    } catch (error) {
      log.error({ err: error, conversation }, STILL_KEPT);
    }
  }
}

/** A message's id holds no space. */
function keyOf(conversation: string, message: string): string {
  return `${conversation} ${message}`;
}

function partsOf(key: string): [conversation: string, message: string] {
  const at = key.lastIndexOf(' ');
  return [key.slice(0, at), key.slice(at + 1)];
}
