import { z } from 'zod';
import type { Logger } from '../../../../src/log.ts';
import type { Absence } from '../../../../src/platform.ts';
import { conversationOf, isDirect } from '../../place.ts';
import type { Arrivals } from '../arrivals.ts';
import { addressed, writtenIn } from '../events.ts';
import type { History } from './history.ts';
import type { Thread } from './threads.ts';

/** So many threads of a channel in which something was written are read, those that the app knows first. */
const MAX_THREADS = 100;

/** Clocks may differ by so much, in ms, and an event may be so long on its way. */
export const MARGIN_MS = 60_000;

/** When it was that nobody was there to hear, as far as it is known. */
export type Missed = Pick<Absence, 'since' | 'progress'> & { readonly until: number };

export interface LookOptions {
  channel: string;
  /** The threads in it that are conversations, those first that were used last. */
  used: readonly string[];
  missed: Missed;
  history: History;
  arrivals: Pick<Arrivals, 'heard'>;
  /** The app, as Slack's events name it. */
  self: string;
  signal: AbortSignal;
  log: Logger;
}

/** The look for what was written in a channel while nobody was there to hear it. Never rejects. */
export class ChannelLook {
  readonly #options: LookOptions;
  #roots: Promise<Root[] | undefined> | undefined;
  #whole: Promise<void> | undefined;

  constructor(options: LookOptions) {
    this.#options = options;
  }

  /** What was written in the channel itself is taken: new questions, for one call. */
  async begin(): Promise<void> {
    this.#roots ??= this.#unlessRefused({}, () => this.#questions());
    await this.#roots;
  }

  /** What was written in its threads is taken as well. */
  end(): Promise<void> {
    this.#whole ??= this.#threads();
    return this.#whole;
  }

  /** The history of a channel tells of new messages, and in which of its threads something was written. */
  async #questions(): Promise<Root[]> {
    const { channel, missed, history, arrivals, self } = this.#options;
    const [oldest, latest] = [slackTime(missed.since), slackTime(missed.until)];
    const from = [oldest, ...this.#known].reduce((least, ts) => (Number(ts) < Number(least) ? ts : least));
    const roots = (await history.channel(channel, from, latest)).flatMap((root) => rootOf(root) ?? []);
    for (const event of eventsOf(channel, roots, oldest)) {
      const written = writtenIn(event, self);
      if (written && addressed(written, self) === 'yes') await arrivals.heard(event);
    }
    return roots;
  }

  async #threads(): Promise<void> {
    await this.begin();
    const roots = await this.#roots;
    if (!roots) return;
    const { channel, signal } = this.#options;
    let left = MAX_THREADS;
    for (const { thread, latest } of threadsToRead(roots, this.#known)) {
      if (signal.aborted || left === 0) return;
      const place = { channel, thread };
      if (!this.#isUnread(place, latest)) continue;
      left--;
      await this.#unlessRefused({ thread }, () => this.#thread(place));
    }
  }

  get #known(): string[] {
    const { used, missed } = this.#options;
    return used.filter((ts) => Number(ts) <= missed.until / 1_000);
  }

  async #thread(place: Thread): Promise<void> {
    const { missed, history, arrivals } = this.#options;
    const oldest = slackTime(this.#readUntil(place));
    const isThere = Date.now() - MARGIN_MS;
    const events = eventsOf(place.channel, await history.thread(place, oldest), oldest);
    for (const event of events) await arrivals.heard(event);
    const newest = Number(events.at(-1)?.ts ?? 0) * 1_000;
    missed.progress?.read(conversationOf(place), Math.max(newest, isThere));
  }

  /** @param latest When something was written in it last, in Slack's time; undefined where that isn't told. */
  #isUnread(place: Thread, latest: string | undefined): boolean {
    const readUntil = this.#readUntil(place);
    return (
      readUntil < this.#options.missed.until &&
      Number(latest ?? Number.POSITIVE_INFINITY) > Number(slackTime(readUntil))
    );
  }

  /** Unix time in ms until which nothing has to be read in a thread. */
  #readUntil(thread: Thread): number {
    const { since, progress } = this.#options.missed;
    return Math.max(since, progress?.readUntil(conversationOf(thread)) ?? 0);
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

/** What a place holds, as events would have told it, oldest first. What was edited since is new all the same. */
function eventsOf(channel: string, messages: readonly unknown[], oldest: string): { ts?: unknown }[] {
  const kind = isDirect({ channel }) ? { channel_type: 'im' } : {};
  return messages
    .map((message) => ({ ...Object(message), channel, ...kind, edited: undefined }))
    .filter(({ ts }) => Number(ts) > Number(oldest))
    .sort((one, other) => Number(one.ts) - Number(other.ts));
}

const root = z.looseObject({ ts: z.string(), latest_reply: z.string().optional().catch(undefined) });

type Root = z.infer<typeof root>;

function rootOf(message: unknown): Root | undefined {
  return root.safeParse(message).data;
}

function slackTime(ms: number): string {
  return (ms / 1_000).toFixed(6);
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
  const [used, others] = [true, false].map((is) => begun.filter(({ thread }) => isKnown.has(thread) === is));
  return [...(used ?? []), ...untold, ...(others ?? [])];
}
