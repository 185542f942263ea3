import { setTimeout as sleep } from 'node:timers/promises';
import type { Keyv } from 'keyv';
import { KeyedQueue } from '../../keyed-queue.ts';
import type { Gaps } from '../../knowledge/gaps.ts';
import type { Logger } from '../../log.ts';
import type { IncomingMessage } from '../../platform.ts';
import type { Store } from '../../store/store.ts';
import { CONVERSATIONS, RETRACTED } from '../namespaces.ts';
import type { KeptThread, ThreadMap } from '../thread/thread-map.ts';
import type { TurnTask } from '../turns.ts';
import type { Erasure } from './erasure.ts';
import { placesOf } from './places.ts';

/**
 * A message or a place that people deleted: whether what is kept of it has been deleted, too. What is gone for now is
 * remembered until then.
 */
export type Retraction = 'open' | 'open for now' | 'done';

/** As long as a platform may deliver a message again, or the queue may hold it. */
const REMEMBERED_MS = 26 * 60 * 60 * 1_000;

const STILL_KEPT = 'a message that was deleted is still kept: the next start tries again';

/** How often, in ms, and how many times a turn is asked to end before what it left is deleted all the same. */
const STOP_EVERY_MS = 100;
const MOST_STOPS = 100;

/** So many are read at once when work that was left is looked for. */
const PAGE = 100;

export interface RetractionsOptions {
  store: Pick<Store, 'keyv' | 'page' | 'scrub' | 'queue'>;
  threads: Pick<ThreadMap, 'idOf'>;
  /** What deletes, until the signal aborts. */
  erasure: (signal: AbortSignal) => Pick<Erasure, 'messages' | 'thread'>;
  gaps: Pick<Gaps, 'forget'>;
  /** What is noted of conversations, waiting messages included. */
  records: { delete(conversation: string): Promise<unknown> };
  /** Stops a conversation's turn, whichever process takes it; says whether there was one. */
  stop: (conversation: string) => Promise<boolean>;
  /** Is told of conversations of which nothing is left. */
  onGone: (conversation: string) => void;
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
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

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
    void this.#try(conversation, () => this.#erase(conversation, message));
  }

  /**
   * The same for a conversation, or all that are in a place, which is no more. Their turns are stopped: nobody could read
   * the answers.
   */
  async vanish(place: string, end: 'for good' | 'for now'): Promise<void> {
    await this.#marks.set(keyOf(place, ALL), end === 'for good' ? 'open' : 'open for now');
    void this.#try(place, () => this.#erasePlace(place));
  }

  /**
   * The messages of a turn that nobody deleted; all of them when the store fails, so that people are told of that. One
   * that was begun is known by its first message, and has a reply that comes to an end.
   */
  async standing({ messages, begun }: TurnTask): Promise<IncomingMessage[]> {
    const marks = await this.#marksOf(messages);
    return messages.filter((_, at) => !marks[at] || (begun && at === 0));
  }

  /** Deletes those of a turn's messages that somebody deleted while it was taken, now that it is over. */
  async settle(messages: readonly IncomingMessage[]): Promise<void> {
    const marks = await this.#marksOf(messages);
    const late = messages.filter((_, at) => marks[at] === 'message');
    const [gone] = messages.filter((_, at) => marks[at] === 'place');
    if (gone) await this.#try(gone.conversation, () => this.#eraseAll(gone.conversation));
    await Promise.all(
      late.map(({ conversation, id }) => this.#try(conversation, () => this.#erase(conversation, id))),
    );
  }

  /** Does what an earlier process has left to do. Never rejects. */
  async goOn(): Promise<void> {
    await this.#try(undefined, async () => {
      for await (const [key, state] of this.#all<Retraction>(RETRACTED, '')) {
        const [name, message] = partsOf(key);
        if (state === 'done') continue;
        await this.#try(name, () => (message === ALL ? this.#erasePlace(name) : this.#erase(name, message)));
      }
    });
  }

  /** What is not done stays open. Ends when nothing more is asked of the store or the server. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
  }

  /** What fails stays open, and is done at the next start. Never rejects. */
  async #try(name: string | undefined, erase: () => Promise<void>): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const running = erase().catch((err: unknown) => {
      if (!this.#closing.signal.aborted) this.#options.log.error({ err, conversation: name }, STILL_KEPT);
    });
    this.#running.add(running);
    await running;
    this.#running.delete(running);
  }

  async *#all<T>(namespace: string, prefix: string): AsyncGenerator<[string, T]> {
    for (let after: string | undefined = prefix; after !== undefined; ) {
      const page: [string, T][] = await this.#options.store.page(namespace, after, PAGE);
      const meant = page.filter(([key]) => key.startsWith(prefix));
      yield* meant;
      after = meant.length < PAGE ? undefined : meant.at(-1)?.[0];
    }
  }

  /** By what each is marked as deleted. */
  async #marksOf(messages: readonly IncomingMessage[]): Promise<('message' | 'place' | undefined)[]> {
    if (messages.length === 0) return [];
    const own = messages.map(({ conversation, id }) => keyOf(conversation, id));
    const places = messages.map((message) => placesOf(message).map((place) => keyOf(place, ALL)));
    const keys = [...new Set([...own, ...places.flat()])];
    const found = await this.#marks.getMany(keys).catch((err: unknown) => {
      this.#options.log.error({ err }, 'whether messages were deleted could not be looked up');
      return [];
    });
    // Who comes back to a place that was gone for a time is answered there.
    const marked = new Set(keys.filter((_, at) => found[at] && found[at] !== 'open for now'));
    return messages.map((_, at) => {
      if (places[at]?.some((key) => marked.has(key))) return 'place';
      return marked.has(own[at] ?? '') ? 'message' : undefined;
    });
  }

  async #erase(conversation: string, message: string): Promise<void> {
    const { threads, erasure, gaps, store } = this.#options;
    await this.#erasing.run(conversation, async () => {
      const thread = await threads.idOf(conversation);
      if (thread !== undefined)
        await erasure(this.#closing.signal).messages(
          thread,
          ({ metadata }) => Object(metadata).message === message,
        );
      await gaps.forget(conversation, [message]);
      await this.#marks.set(keyOf(conversation, message), 'done', REMEMBERED_MS);
      await store.scrub();
    });
  }

  /** Deletes all conversations that were in a place. What is gone for now may be told of again from then on. */
  async #erasePlace(place: string): Promise<void> {
    const key = keyOf(place, ALL);
    for (const conversation of await this.#conversationsIn(place)) {
      await this.#stopped(conversation);
      await this.#eraseAll(conversation);
    }
    const isForNow = (await this.#marks.get(key)) === 'open for now';
    if (isForNow) await this.#marks.delete(key);
    else await this.#marks.set(key, 'done', REMEMBERED_MS);
    await this.#options.store.scrub();
  }

  /** Those that were answered, and those whose first message waits, as far as their names tell where they are. */
  async #conversationsIn(place: string): Promise<Set<string>> {
    const platform = platformOf(place);
    const found = new Set([place]);
    for await (const [conversation, kept] of this.#all<KeptThread>(CONVERSATIONS, `${platform}:`)) {
      const { within = [] } = typeof kept === 'string' ? {} : kept;
      if (placesOf({ conversation, within }).includes(place)) found.add(conversation);
    }
    for (const conversation of await this.#options.store.queue(platform).keysWaiting())
      if (placesOf({ conversation }).includes(place)) found.add(conversation);
    return found;
  }

  /** Waits for a turn to end that is stopped, and leaves out what waits behind it. */
  async #stopped(conversation: string): Promise<void> {
    await this.#options.store.queue(platformOf(conversation)).forget(conversation);
    for (let tries = 0; tries < MOST_STOPS && (await this.#options.stop(conversation)); tries++)
      await sleep(STOP_EVERY_MS, undefined, { signal: this.#closing.signal });
  }

  /** The thread first: by the notes it is found. */
  async #eraseAll(conversation: string): Promise<void> {
    const { threads, erasure, records, onGone, store } = this.#options;
    await this.#erasing.run(conversation, async () => {
      const thread = await threads.idOf(conversation);
      if (thread !== undefined) await erasure(this.#closing.signal).thread(thread);
      const mark = await this.#marks.get(keyOf(conversation, ALL));
      await records.delete(conversation);
      // It is among the notes.
      if (mark !== undefined) await this.#marks.set(keyOf(conversation, ALL), mark);
      onGone(conversation);
      await store.scrub();
    });
  }
}

/** Its queue is named so, too. */
function platformOf(place: string): string {
  return place.split(':')[0] ?? '';
}

/** Stands for all messages in place of one's id. */
const ALL = '';

/** A message's id holds no space. */
function keyOf(conversation: string, message: string): string {
  return `${conversation} ${message}`;
}

function partsOf(key: string): [conversation: string, message: string] {
  const at = key.lastIndexOf(' ');
  return [key.slice(0, at), key.slice(at + 1)];
}
