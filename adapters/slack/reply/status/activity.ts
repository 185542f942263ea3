import { setTimeout as sleep } from 'node:timers/promises';
import type { webApi } from '@slack/bolt';
import type { Logger } from '../../../../src/log.ts';
import type { Quota } from '../../budgets.ts';
import { isAboutPlace, slackCode } from '../../failures.ts';
import { conversationOf, isDirect, type Place } from '../../place.ts';
import { AgentSession } from './agent-session.ts';
import { type StatusBudgets, StatusCalls } from './status-calls.ts';
import { TextStatus } from './text-status.ts';

/** For so long a refused app does not ask for sessions again: it may have been made an agent since. */
const REFUSAL_MS = 600_000;

/** Longer titles are cut; Slack takes 200 characters. */
const MAX_TITLE = 80;

const THINKING = 'is thinking…';

/**
 * A message may be heard by one process and answered by another: who has heard it takes its sign away when it sees that,
 * so who answers shows its own once more, so many milliseconds later.
 */
const SHOWN_AGAIN_MS = 3_000;

/** What can still be seen so long after the work, in ms, is noted: sooner than a reply is over although it can. */
const LEFT_AFTER_MS = 5_000;

interface Work {
  place: Place;
  /** What it is shown for: the ids of messages that were heard, and a key for each reply that is open. */
  holders: Set<unknown>;
  /** What is done right now. */
  status: string;
  /** What people see of it: one of the two, which share one place in Slack. */
  session?: AgentSession;
  text?: TextStatus;
  /** Shows it once more. */
  again?: NodeJS.Timeout;
}

/** What is taken back after a conversation is answered. */
interface Ending {
  hadSession: boolean;
  hurry: AbortController;
  done: Promise<void>;
}

export interface ActivityOptions {
  client: webApi.WebClient;
  budgets: StatusBudgets;
  /** Sessions that may be opened; where there are no more it is told in words. */
  sessions: Quota;
  /** Whether replies are to stream in a place, which takes an agent session. */
  streams: (place: Pick<Place, 'channel'>) => boolean;
  /** How long what the adapter does in a second takes, in seconds. */
  timeScale: number;
  /** Is told where work is over and something can still be seen of it after a while, and when that is gone. */
  onSign: (conversation: string, sign: 'left' | 'gone') => void;
  log: Logger;
}

/**
 * What Slack shows beside a conversation while it is answered: the status of an agent session where replies stream,
 * and words where they are edited. Never both: they share one place, and who writes last is seen. All of it is for
 * show: when a call fails the answer goes on without.
 */
export class Activity {
  readonly #options: ActivityOptions;
  readonly #calls: StatusCalls;
  readonly #works = new Map<string, Work>();
  readonly #endings = new Map<string, Ending>();
  readonly #closing = new AbortController();
  /** Until then Slack is not asked for sessions, which it has refused to this app. */
  #refusedUntil = 0;

  constructor(options: ActivityOptions) {
    this.#options = options;
    const { client, budgets, log, timeScale } = options;
    this.#calls = new StatusCalls(client, budgets, log, timeScale);
  }

  /** A message has come in that is for the app: people see so at once, until its reply is open. */
  begin(place: Place, message: string): void {
    this.#begin(place, message, false);
  }

  /**
   * The reply to these messages is open, until what it gives back is called; that ends when nothing is left to see of it,
   * if nothing else is answered. One that another process has begun takes over the session that may be open.
   */
  answer(place: Place, isBegun: boolean, messages: readonly string[]): () => Promise<void> {
    const reply = Symbol('reply');
    const work = this.#begin(place, reply, isBegun && this.#fitsSession(place));
    const wereHeard = messages.filter((message) => work?.holders.delete(message));
    if (work && wereHeard.length === 0) {
      const ms = SHOWN_AGAIN_MS * this.#options.timeScale;
      work.again = setTimeout(() => this.#showAgain(work), ms).unref();
    }
    return () => this.end(place, reply);
  }

  /** Undefined when nothing is shown any more. */
  #begin(place: Place, holder: unknown, hasSession: boolean): Work | undefined {
    const key = conversationOf(place);
    const known = this.#works.get(key);
    known?.holders.add(holder);
    if (known || this.#closing.signal.aborted) return known;
    const work: Work = { place, holders: new Set([holder]), status: THINKING };
    this.#works.set(key, work);
    const ending = this.#endings.get(key);
    ending?.hurry.abort();
    if (!ending) this.#indicate(work, hasSession);
    else
      void ending.done.then(() => {
        if (this.#works.get(key) === work) this.#indicate(work, hasSession || ending.hadSession);
      });
    return work;
  }

  #showAgain(work: Work): void {
    if (work.session?.isOpen) work.session.renew();
    else work.text?.renew();
  }

  /** The first message of a conversation gives it its title. */
  name(place: Place, text: string): void {
    const work = this.#works.get(conversationOf(place));
    const title = titleOf(text);
    if (work?.session) void work.session.rename(title);
    else if (work && isDirect(place)) void this.#calls.setTitle(place, title).catch(this.#failed);
  }

  /** Whether something in the conversation is being answered. */
  isBusy(place: Pick<Place, 'channel' | 'thread'>): boolean {
    return this.#works.has(conversationOf(place));
  }

  /** Whether Slack shows a Stop button, as far as is known: then replies may stream. */
  hasStopButton(place: Place): boolean {
    return this.#works.get(conversationOf(place))?.session?.isOpen ?? false;
  }

  /** Says what is done right now, where there is a place for words; nothing when it is empty. */
  show(place: Place, status: string): void {
    const work = this.#works.get(conversationOf(place));
    if (!work) return;
    work.status = status;
    work.text?.show(status);
  }

  /** A message has appeared in the thread, and Slack has taken the words away. */
  posted(place: Place): void {
    const work = this.#works.get(conversationOf(place));
    if (!work) return;
    work.text?.posted();
    if (work.status === THINKING) this.show(place, '');
  }

  /** A message is not answered here, or a reply is closed. After the last of them nothing is left to see. */
  async end(place: Place, holder: unknown): Promise<void> {
    const key = conversationOf(place);
    const work = this.#works.get(key);
    if (!work?.holders.delete(holder) || work.holders.size > 0) return;
    await this.#finish(key, work).done;
  }

  /** Takes Slack's Stop button away, and words, where nothing is running; whether that is done. Never rejects. */
  async settle(place: Pick<Place, 'channel' | 'thread'>): Promise<boolean> {
    const { signal } = this.#closing;
    const isDue = () => !this.isBusy(place) && !signal.aborted;
    try {
      if (this.#fitsSession(place)) return await this.#calls.endSession(place, signal, isDue);
      return await this.#calls.clearText(place, signal, isDue);
    } catch (error) {
      this.#calls.failed(error);
      return false;
    }
  }

  /** Takes back all that is still to see, as far as it can be done at once. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const [key, work] of this.#works) this.#finish(key, work);
    for (const { hurry } of this.#endings.values()) hurry.abort();
    await Promise.all([...this.#endings.values()].map(({ done }) => done));
  }

  /** `hadSession`: one that may still be open is gone on with, so that it is ended. */
  #indicate(work: Work, hadSession: boolean): void {
    const { sessions } = this.#options;
    const isRefused = performance.now() < this.#refusedUntil;
    const wantsSession = hadSession || (this.#fitsSession(work.place) && !isRefused && sessions.take());
    if (!wantsSession) this.#tell(work);
    else this.#openSession(work, hadSession);
  }

  #fitsSession(place: Pick<Place, 'channel'>): boolean {
    return this.#options.streams(place) || this.#calls.hasNoWords;
  }

  #openSession(work: Work, wasOpen: boolean): void {
    work.session = new AgentSession(this.#calls, work.place, wasOpen, (error) => {
      this.#refuse(error);
      if (this.#works.get(conversationOf(work.place)) === work) this.#tell(work);
    });
  }

  #tell(work: Work): void {
    work.text = new TextStatus(this.#calls, work.place);
    work.text.show(work.status);
  }

  #finish(key: string, work: Work): Ending {
    this.#works.delete(key);
    clearTimeout(work.again);
    const hurry = new AbortController();
    const before = this.#endings.get(key)?.done;
    const end = async () => {
      await before;
      const session = await work.session?.end(hurry.signal);
      const text = await work.text?.end(hurry.signal);
      if (this.#endings.get(key) === ending) this.#endings.delete(key);
      return session !== false && text !== false;
    };
    const done = this.#noted(key, end());
    const ending: Ending = { hadSession: work.session?.mayBeOpen ?? false, hurry, done };
    this.#endings.set(key, ending);
    return ending;
  }

  /** Notes what is still to see after a while, for whoever comes if this process ends before it is gone. */
  async #noted(key: string, isGone: Promise<boolean>): Promise<void> {
    const { onSign, timeScale } = this.#options;
    const late = sleep(LEFT_AFTER_MS * timeScale, false, { ref: false });
    if (!(await Promise.race([isGone, late]))) onSign(key, 'left');
    if (await isGone) onSign(key, 'gone');
  }

  /** An app that is not declared as an agent gets no sessions, and need not ask for each reply. */
  #refuse(error: unknown): void {
    const code = slackCode(error);
    if (code === undefined) {
      this.#failed(error);
      return;
    }
    if (!isAboutPlace(error)) this.#refusedUntil = performance.now() + REFUSAL_MS;
    this.#options.log.info({ code }, 'Slack opens no agent session, so replies are edited');
  }

  readonly #failed = (error: unknown) => this.#calls.failed(error);
}

/** The first line of a question. */
function titleOf(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE - 1).toWellFormed()}…` : line;
}
