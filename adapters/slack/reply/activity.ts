import { setTimeout as sleep } from 'node:timers/promises';
import type { webApi } from '@slack/bolt';
import type { Logger } from '../../../src/log.ts';
import type { Quota } from '../budgets.ts';
import { isAboutPlace, slackCode } from '../failures.ts';
import { conversationOf, isDirect, type Place } from '../place.ts';

/** Slack takes a status away after two minutes: https://docs.slack.dev/reference/methods/assistant.threads.setStatus */
const RENEWAL_MS = 90_000;

/** What is set for a while is taken back for sure: tried again after so many milliseconds. */
const CLEARING_DELAYS_MS = [0, 1_000, 5_000, 30_000];

/** For so long a refused app does not ask for sessions again: it may have been made an agent since. */
const REFUSAL_MS = 600_000;

/** Longer titles are cut; Slack takes 200 characters. */
const MAX_TITLE = 80;

const THINKING = 'is thinking…';

/** In place of no status while an agent session is at work: it would rest, and lose Slack's Stop button. */
const WRITING = 'is writing…';

interface Work {
  place: Place;
  /** How many messages of the conversation are being answered. */
  count: number;
  status: string;
  shown: string;
  /** What brings the one to the other, while it is under way. */
  catchingUp: Promise<void> | undefined;
  renewal: NodeJS.Timeout;
  /** Slack's own Stop button: asked for, there, or refused. */
  session: Promise<boolean> | undefined;
  hasSession: boolean;
}

/**
 * What Slack shows beside a conversation while it is answered: a status, the thread's title, and the Stop button of
 * an agent session (https://docs.slack.dev/ai/agent-sessions). All of it is for show: when a call fails the answer
 * goes on without.
 */
export class Activity {
  readonly #client: webApi.WebClient;
  readonly #sessions: Quota;
  readonly #log: Logger;
  readonly #works = new Map<string, Work>();
  readonly #endings = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  /** Until then Slack is not asked for sessions, which it has refused to this app. */
  #refusedUntil = 0;

  constructor(client: webApi.WebClient, sessions: Quota, log: Logger) {
    this.#client = client;
    this.#sessions = sessions;
    this.#log = log;
  }

  /** A message has come in that is for the app: people see so at once. */
  begin(place: Place): void {
    const key = conversationOf(place);
    const known = this.#works.get(key);
    if (known) {
      known.count++;
      return;
    }
    const renewal = setInterval(() => this.#renew(key), RENEWAL_MS).unref();
    const work: Work = {
      place,
      count: 1,
      status: '',
      shown: '',
      catchingUp: undefined,
      renewal,
      session: undefined,
      hasSession: false,
    };
    this.#works.set(key, work);
    this.#want(work, THINKING);
  }

  /** The conversation is going to be answered; its first message gives it its title. */
  name(place: Place, text: string, isNew: boolean): void {
    const work = this.#works.get(conversationOf(place));
    if (work && !work.session) this.#openSession(work, titleOf(text), isNew);
  }

  /** Whether something in the conversation is being answered. */
  isBusy(place: Place): boolean {
    return this.#works.has(conversationOf(place));
  }

  /** Whether Slack shows a Stop button, as far as is known: then the reply needs none of its own. */
  hasStopButton(place: Place): boolean {
    return this.#works.get(conversationOf(place))?.hasSession ?? false;
  }

  /** Shows what is done right now; nothing when it is empty, unless something else is to be replaced. */
  show(place: Place, status: string): void {
    const work = this.#works.get(conversationOf(place));
    if (work) this.#want(work, status || (work.hasSession && work.shown ? WRITING : ''));
  }

  /** A message has appeared in the thread: Slack has taken the status away by itself. */
  posted(place: Place): void {
    const work = this.#works.get(conversationOf(place));
    if (!work) return;
    work.shown = '';
    if (work.status === THINKING) work.status = '';
  }

  /** A message is answered. After the last one nothing is left to see. */
  end(place: Place): void {
    const key = conversationOf(place);
    const work = this.#works.get(key);
    if (!work || --work.count > 0) return;
    this.#works.delete(key);
    clearInterval(work.renewal);
    const ending = Promise.all([this.#clearStatus(work), this.#closeSession(work)]);
    this.#endings.add(ending);
    void ending.finally(() => this.#endings.delete(ending));
  }

  /** Takes Slack's Stop button away where nothing is running that it could stop. */
  async settle(place: Pick<Place, 'channel' | 'thread'>): Promise<void> {
    if (!this.#works.has(conversationOf(place))) await this.#surely(() => this.#setSession(place, 'active'));
  }

  /** Takes back what can be taken back at once. */
  async close(): Promise<void> {
    for (const { renewal } of this.#works.values()) clearInterval(renewal);
    this.#closing.abort();
    await Promise.all(this.#endings);
  }

  #want(work: Work, status: string): void {
    work.status = status;
    if (work.status !== work.shown) work.catchingUp ??= this.#catchUp(work);
  }

  async #catchUp(work: Work): Promise<void> {
    while (work.status !== work.shown) {
      const status = work.status;
      work.shown = status;
      await this.#setStatus(work.place, status).catch((error: unknown) =>
        this.#log.debug({ err: error }, 'no status'),
      );
    }
    work.catchingUp = undefined;
  }

  #renew(key: string): void {
    const work = this.#works.get(key);
    if (!work || work.catchingUp || work.shown === '') return;
    work.shown = '';
    work.catchingUp = this.#catchUp(work);
  }

  /** A status has begun a session, too, if the app is an agent: where it is not ended as one, no status ends it. */
  async #clearStatus(work: Work): Promise<void> {
    work.status = work.shown;
    await work.catchingUp;
    if (work.shown === '' && (await work.session)) return;
    await this.#surely(() => this.#setStatus(work.place, ''));
  }

  async #setStatus({ channel, thread }: Place, status: string): Promise<void> {
    await this.#client.assistant.threads.setStatus({ channel_id: channel, thread_ts: thread, status });
  }

  #openSession(work: Work, title: string, isNew: boolean): void {
    if (performance.now() < this.#refusedUntil || !this.#sessions.take()) {
      if (isNew && isDirect(work.place)) void this.#setTitle(work.place, title);
      return;
    }
    work.hasSession = true;
    work.session = this.#setSession(work.place, 'processing').then(
      () => {
        if (isNew) void this.#rename(work.place, title);
        return true;
      },
      (error: unknown) => {
        work.hasSession = false;
        this.#refuse(error);
        return false;
      },
    );
  }

  /** An app that is not declared as an agent gets no sessions, and need not ask for each reply. */
  #refuse(error: unknown): void {
    const code = slackCode(error);
    if (code !== undefined && !isAboutPlace(error)) this.#refusedUntil = performance.now() + REFUSAL_MS;
    this.#log.info({ code }, 'Slack opens no agent session, so replies are edited');
  }

  async #closeSession({ session, place }: Work): Promise<void> {
    if (await session) await this.#surely(() => this.#setSession(place, 'active'));
  }

  async #setSession({ channel, thread }: Pick<Place, 'channel' | 'thread'>, status: string): Promise<void> {
    await this.#client.agents.sessions.setStatus({ channel_id: channel, thread_ts: thread, status });
  }

  /** The status has begun the session already, and a session takes its title only when it begins. */
  async #rename({ channel, thread }: Place, title: string): Promise<void> {
    await this.#client.agents.sessions
      .rename({ channel_id: channel, thread_ts: thread, title })
      .catch((error: unknown) => this.#log.debug({ err: error }, 'no title'));
  }

  async #setTitle({ channel, thread }: Place, title: string): Promise<void> {
    await this.#client.assistant.threads
      .setTitle({ channel_id: channel, thread_ts: thread, title })
      .catch((error: unknown) => this.#log.debug({ err: error }, 'no title'));
  }

  async #surely(call: () => Promise<void>): Promise<void> {
    for (const delay of CLEARING_DELAYS_MS) {
      try {
        if (delay > 0) await sleep(delay, undefined, { signal: this.#closing.signal });
        return await call();
      } catch (error) {
        this.#log.debug({ err: error }, 'a status stays for a while');
      }
    }
  }
}

/** The first line of a question. */
function titleOf(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE - 1).toWellFormed()}…` : line;
}
