import type { Absence } from '../../../../src/platform.ts';
import { conversationOf } from '../../place.ts';
import type { History } from './history.ts';
import { eventsOf, slackTime, type Take } from './messages.ts';
import type { Thread } from './threads.ts';

/** Clocks may differ by so much, in ms, and an event may be so long on its way. */
export const MARGIN_MS = 60_000;

export interface ThreadReadsOptions {
  absence: Pick<Absence, 'since' | 'progress'>;
  history: Pick<History, 'thread' | 'threadAtOnce'>;
  take: Take;
}

/** Reads threads to their end for what nobody heard, and has it taken, each once: from then on this process hears them. */
export class ThreadReads {
  readonly #options: ThreadReadsOptions;
  readonly #isRead = new Set<string>();
  /** By their conversations, those that somebody waits for. */
  readonly #atOnce = new Map<string, Promise<void>>();

  constructor(options: ThreadReadsOptions) {
    this.#options = options;
  }

  /**
   * Whether something may stand in a thread that nobody has heard by a time, in Unix time in ms.
   * @param latest When something was written in it last, in Slack's time; undefined where that isn't told.
   */
  isUnread(thread: Thread, until: number, latest: string | undefined): boolean {
    if (this.#isRead.has(conversationOf(thread))) return false;
    const readUntil = this.#readUntil(thread);
    const isNewer = latest === undefined || Number(latest) > Number(slackTime(readUntil));
    return isNewer && readUntil < until;
  }

  /** Reads a thread when it is its turn. Rejects where Slack refuses. */
  read(thread: Thread): Promise<void> {
    return this.#read(thread, (oldest) => this.#options.history.thread(thread, oldest));
  }

  /** Reads a thread in which somebody waits for it. Rejects where Slack refuses. */
  async readAtOnce(thread: Thread): Promise<void> {
    const conversation = conversationOf(thread);
    if (this.#isRead.has(conversation)) return;
    const begin = () => this.#read(thread, (oldest) => this.#options.history.threadAtOnce(thread, oldest));
    const reading = this.#atOnce.get(conversation) ?? begin();
    this.#atOnce.set(conversation, reading);
    await reading;
  }

  async #read(thread: Thread, read: (oldest: string) => Promise<unknown[]>): Promise<void> {
    const { take, absence } = this.#options;
    const oldest = slackTime(this.#readUntil(thread));
    const isThere = Date.now() - MARGIN_MS;
    const events = eventsOf(thread.channel, await read(oldest), oldest);
    for (const event of events) await take(event);
    const newest = Number(events.at(-1)?.ts ?? 0) * 1_000;
    this.#isRead.add(conversationOf(thread));
    absence.progress?.read(conversationOf(thread), Math.max(newest, isThere));
  }

  /** Unix time in ms until which nothing has to be read in a thread. */
  #readUntil(thread: Thread): number {
    const { since, progress } = this.#options.absence;
    return Math.max(since, progress?.readUntil(conversationOf(thread)) ?? 0);
  }
}
