import type { Logger } from '../../../../src/log.ts';
import { addressed, writtenIn } from '../events.ts';
import type { History } from './history.ts';
import { eventsOf, type Root, rootOf, slackTime, type Take } from './messages.ts';
import type { ThreadReads } from './thread-reads.ts';

/** So many threads of a channel in which something was written are read, those that the app knows first. */
const MAX_THREADS = 100;

export interface LookOptions {
  channel: string;
  /** The threads in it that are conversations, those first that were used last. */
  used: readonly string[];
  /** In Unix time in ms: what was written between these times was perhaps not heard. */
  since: number;
  until: number;
  history: Pick<History, 'channel'>;
  threads: ThreadReads;
  take: Take;
  /** The app, as Slack's events name it. */
  self: string;
  signal: AbortSignal;
  log: Logger;
}

/** The look for what was written in a channel while nobody was there to hear it. Never rejects. */
export class ChannelLook {
  readonly #options: LookOptions;
  /** Undefined where the channel is not read, or can't be. */
  #roots: Root[] | undefined;

  constructor(options: LookOptions) {
    this.#options = options;
  }

  /** Takes what was written in the channel itself: new questions, for one call. It tells of the threads as well. */
  async questions(): Promise<void> {
    this.#roots = await this.#unlessRefused({}, () => this.#questions());
  }

  /** Takes what was written in the threads, after `questions`. */
  async threads(): Promise<void> {
    const { channel, until, threads, signal } = this.#options;
    let left = MAX_THREADS;
    for (const { thread, latest } of this.#roots ? threadsToRead(this.#roots, this.#known) : []) {
      if (signal.aborted || left === 0) return;
      const place = { channel, thread };
      if (!threads.isUnread(place, until, latest)) continue;
      left--;
      await this.#unlessRefused({ thread }, () => threads.read(place));
    }
  }

  async #questions(): Promise<Root[]> {
    const { channel, since, until, history, take, self } = this.#options;
    const oldest = slackTime(since);
    const from = [oldest, ...this.#known].reduce((least, ts) => (Number(ts) < Number(least) ? ts : least));
    const messages = await history.channel(channel, from, slackTime(until));
    const roots = messages.flatMap((message) => rootOf(message) ?? []);
    for (const event of eventsOf(channel, roots, oldest)) {
      const written = writtenIn(event, self);
      if (written && addressed(written, self) === 'yes') await take(event);
    }
    return roots;
  }

  get #known(): string[] {
    const { used, until } = this.#options;
    return used.filter((ts) => Number(ts) <= until / 1_000);
  }

  /** Where one place can't be read, the others are. */
  async #unlessRefused<T>(where: { thread?: string }, read: () => Promise<T>): Promise<T | undefined> {
    const { channel, signal, log } = this.#options;
    try {
      return await read();
    } catch (err) {
      if (!signal.aborted)
        log.warn({ err, channel, ...where }, 'what was written there meanwhile could not be read');
      return undefined;
    }
  }
}

/** The threads in which something was written, or of which that can't be told; the known ones first. */
function threadsToRead(
  roots: readonly Root[],
  known: readonly string[],
): { thread: string; latest?: string }[] {
  const isKnown = new Set(known);
  const isTold = new Set(roots.map(({ ts }) => ts));
  const begun = roots.flatMap(({ ts, latest_reply: latest }) => (latest ? [{ thread: ts, latest }] : []));
  const untold = known.filter((ts) => !isTold.has(ts)).map((thread) => ({ thread }));
  const isUsed = ({ thread }: { thread: string }) => isKnown.has(thread);
  return [...begun.filter(isUsed), ...untold, ...begun.filter((one) => !isUsed(one))];
}
