import type { RequestListener } from 'node:http';
import { type App, type HTTPReceiver, type Receiver, webApi } from '@slack/bolt';
import type { Replicas } from '../../src/budget.ts';
import type { Logger } from '../../src/log.ts';
import type {
  Attachment,
  BegunReply,
  Bot,
  IncomingMessage,
  Platform,
  Readers,
  Reply,
} from '../../src/platform.ts';
import { Problem } from '../../src/problem.ts';
import type { BudgetObserver } from '../../src/reply/publisher/rate-budget.ts';
import { slackFetch } from './addresses.ts';
import { boltLog } from './bolt-log.ts';
import { Budgets, MINUTE_MS } from './budgets.ts';
import { displayNames } from './display-names.ts';
import { listenerOf, newReceiver } from './http.ts';
import { type Identity, identify } from './identity.ts';
import { download } from './incoming/download.ts';
import { Inbox } from './incoming/inbox.ts';
import { People } from './incoming/people.ts';
import { PatientApp } from './patient-app.ts';
import { isDirect, type Place, placeOf } from './place.ts';
import { ChannelReaders } from './readers.ts';
import { ThreadApi } from './reply/message/api.ts';
import type { MessageContext } from './reply/message/message-context.ts';
import { SlackReply } from './reply/reply.ts';
import { Activity } from './reply/status/activity.ts';
import { Socket, type SocketOptions } from './socket.ts';
import { APPS_PAGE, HTTP_PATH } from './surface.ts';
import { UploadClient } from './upload-client.ts';

/** A call that takes longer has failed, in milliseconds; without this a silent Slack would hold a reply for ever. */
const CALL_TIMEOUT_MS = 15_000;

/** The same for an upload, which may be large. */
const UPLOAD_TIMEOUT_MS = 120_000;

/** Slack ends a stream after 300 seconds, however busy it is; others saw 300 to 306. */
const STREAM_LIFE_MS = 270_000;

/** Where Slack has refused a stream it is not asked for one so long, in milliseconds: the reason may have been one person. */
const STREAMLESS_MS = 600_000;

export interface SlackOptions {
  botToken: string;
  /** For Socket Mode. */
  appToken?: string;
  /** For events over HTTP, at `httpListeners`. */
  signingSecret?: string;
  /** How replies grow: as native streams, by edits, or as fits the place, which is the default. */
  streaming?: 'native' | 'edits' | 'auto';
  /** Another base of the Web API, with or without a slash at its end. */
  apiUrl?: string;
  /** Through what Socket Mode connects, where a proxy is in between; the Web API's calls follow undici's global one. */
  dispatcher?: SocketOptions['dispatcher'];
  log: Logger;
  /** Is told what the shared budgets do. */
  observer?: BudgetObserver;
  /** The processes that share the workspace's limits; this one alone when left out. */
  share?: Replicas;
  /** For tests against servers with faster clocks; all in milliseconds. */
  timing?: { call?: number; streamLife?: number; streamless?: number; minute?: number; sibling?: number };
}

/** Slack, by Socket Mode or HTTP: mentions, threads and direct messages become conversations. */
export class Slack implements Platform {
  readonly name = 'slack';
  readonly keepsFirst = true;
  /** Answers what Slack posts to `/slack/events` when a signing secret is set; mounted by whoever owns the server. */
  readonly httpListeners: Readonly<Record<string, RequestListener>>;
  readonly #options: SlackOptions;
  readonly #log: Logger;
  readonly #client: webApi.WebClient;
  readonly #uploads: webApi.WebClient;
  readonly #readers: ChannelReaders;
  readonly #people: People;
  readonly #budgets: Budgets;
  readonly #timeScale: number;
  readonly #activity: Activity;
  readonly #socket: Socket | undefined;
  readonly #http: HTTPReceiver | undefined;
  /** Until when replies in a channel are edited because Slack did not let the app stream there. */
  readonly #streamlessUntil = new Map<string, number>();
  readonly #closing = new AbortController();
  #identity: Identity | undefined;
  #bot: Bot | undefined;
  #inbox: Inbox | undefined;

  constructor(options: SlackOptions) {
    const { appToken, signingSecret, dispatcher, log, observer, share, timing = {} } = options;
    this.#options = options;
    this.#log = log;
    this.#client = this.#newClient(timing.call ?? CALL_TIMEOUT_MS);
    this.#uploads = new UploadClient(options.botToken, this.#clientOptions(UPLOAD_TIMEOUT_MS));
    this.#readers = new ChannelReaders(this.#client, timing.minute ?? MINUTE_MS);
    this.#people = new People(this.#client, log);
    this.#budgets = new Budgets({
      ...(observer && { observer }),
      ...(timing.minute !== undefined && { minuteMs: timing.minute }),
      ...(share && { replicas: share }),
    });
    const { sessions } = this.#budgets;
    const streams = (place: Pick<Place, 'channel'>) => this.#streams(place);
    this.#timeScale = (timing.minute ?? MINUTE_MS) / MINUTE_MS;
    this.#activity = new Activity({
      client: this.#client,
      budgets: this.#budgets,
      sessions,
      streams,
      timeScale: this.#timeScale,
      onSign: (conversation, sign) => this.#bot?.signOfWork(conversation, sign),
      log,
    });
    this.#socket =
      appToken === undefined ? undefined : new Socket({ appToken, apiUrl: this.#apiUrl, dispatcher, log });
    this.#http = signingSecret === undefined ? undefined : newReceiver(signingSecret, log);
    this.httpListeners = this.#http ? { [HTTP_PATH]: listenerOf(this.#http) } : {};
  }

  get isConnected(): boolean {
    return this.#socket?.isOpen ?? this.#identity !== undefined;
  }

  async start(bot: Bot): Promise<void> {
    const receivers = [this.#socket?.receiver, this.#http].filter((receiver) => receiver !== undefined);
    if (receivers.length === 0)
      throw new Problem('Slack needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP).');
    const identity = await identify(this.#client, this.#options.appToken);
    this.#identity = identity;
    this.#bot = bot;
    for (const lack of identity.lacks)
      this.#log.warn(`${lack}: paste adapters/slack/manifest.json at ${APPS_PAGE} and install the app again`);
    const inbox = new Inbox({
      bot,
      identity,
      client: this.#client,
      people: this.#people,
      activity: this.#activity,
      budgets: this.#budgets,
      timeScale: this.#timeScale,
      ...(this.#options.timing?.sibling !== undefined && { siblingMs: this.#options.timing.sibling }),
      log: this.#log,
    });
    for (const receiver of receivers) inbox.listen(this.#newApp(receiver, identity));
    await this.#socket?.open();
    this.#inbox = inbox;
    this.catchUp();
    this.#log.info({ workspace: identity.teamName }, 'connected to Slack');
  }

  catchUp(): void {
    void this.#inbox?.catchUp(this.#closing.signal);
  }

  #newApp(receiver: Receiver, identity: Identity): App {
    const { botToken } = this.#options;
    const { user: botUserId, bot: botId, team: teamId } = identity;
    const options = {
      receiver,
      authorize: async () => ({ botToken, botId, botUserId, teamId }),
      // Bolt would remember every conversation for ever.
      convoStore: false as const,
      clientOptions: this.#clientOptions(CALL_TIMEOUT_MS),
      logger: boltLog(this.#log),
    };
    return new PatientApp(options, identity, this.#log);
  }

  reply(messages: IncomingMessage[], begun?: BegunReply): Reply {
    if (begun) this.#budgets.inherit();
    const [first] = messages;
    const place = placeOf(messages.at(-1)?.replyTo);
    const context = this.#contextOf(place, first?.id ?? '', placeOf(first?.replyTo).ts);
    const answers = messages.map(({ id }) => id);
    return new SlackReply(context, place, this.#activity, answers, begun);
  }

  download(attachment: Attachment, maxBytes: number): Promise<Uint8Array> {
    return download(attachment, maxBytes, this.#options.botToken, this.#apiUrl);
  }

  /** In a thread where there is one: elsewhere Slack would show it to nobody. */
  async whisper({ replyTo }: IncomingMessage, text: string): Promise<void> {
    const { channel, thread, ts, user } = placeOf(replyTo);
    const where = ts === thread ? {} : { thread_ts: thread };
    await this.#client.chat.postEphemeral({ channel, user, ...where, text });
  }

  readers(message: IncomingMessage, named: readonly string[]): Promise<Readers> {
    return this.#readers.of(placeOf(message.replyTo), named, this.#identity?.user ?? '');
  }

  namesOf(person: string, named: readonly string[]): Promise<string[]> {
    return this.#readers.namesOf(person, named);
  }

  displayNames(_message: IncomingMessage, named: readonly string[]): Promise<Map<string, string>> {
    return displayNames(named, { client: this.#client, people: this.#people, readers: this.#readers });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#budgets.close();
    await this.#activity.close();
    await this.#socket?.close();
  }

  /** `reply` is the id of the first message that is answered, `since` its `ts`. */
  #contextOf(place: Place, reply: string, since: string): MessageContext {
    const { channel } = place;
    return {
      reply,
      since,
      api: new ThreadApi(this.#client, this.#uploads, place),
      budgets: this.#budgets,
      post: this.#budgets.posts(channel),
      mayStream: () =>
        this.#streams(place) && !this.#isStreamless(channel) && this.#activity.hasStopButton(place),
      refuseStreams: (code: string) => {
        const pause = this.#options.timing?.streamless ?? STREAMLESS_MS;
        this.#streamlessUntil.set(channel, performance.now() + pause);
        this.#log.warn({ channel, code }, 'Slack does not let replies stream here, so they are edited');
      },
      posted: () => this.#activity.posted(place),
      self: this.#identity?.user ?? '',
      streamLifeMs: this.#options.timing?.streamLife ?? STREAM_LIFE_MS,
      timeScale: this.#timeScale,
      log: this.#log,
    };
  }

  /**
   * In a channel only the one who asked is sure to see a native stream grow; others were seen to get its first piece
   * and then nothing until its end.
   */
  #streams(place: Pick<Place, 'channel'>): boolean {
    const { streaming = 'auto' } = this.#options;
    return streaming === 'native' || (streaming === 'auto' && isDirect(place));
  }

  #isStreamless(channel: string): boolean {
    return performance.now() < (this.#streamlessUntil.get(channel) ?? 0);
  }

  get #apiUrl(): string | undefined {
    return this.#options.apiUrl?.replace(/\/*$/, '/');
  }

  #newClient(timeout: number): webApi.WebClient {
    return new webApi.WebClient(this.#options.botToken, this.#clientOptions(timeout));
  }

  /** A client that never sends again by itself: what it would send is old by then. */
  #clientOptions(timeout: number): webApi.WebClientOptions {
    return {
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout,
      logger: boltLog(this.#log),
      fetch: slackFetch(this.#apiUrl),
      ...(this.#apiUrl !== undefined && { slackApiUrl: this.#apiUrl }),
    };
  }
}
