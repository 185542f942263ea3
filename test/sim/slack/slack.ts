import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type App, appFrom } from './app.ts';
import { Counters } from './counters.ts';
import { Delivery } from './delivery.ts';
import { Events } from './events.ts';
import { type Fault, Faults } from './faults.ts';
import { receiveUpload, serveFile } from './file-transfer.ts';
import { bodyOf, type HttpAnswer, send } from './http.ts';
import { HttpEvents } from './http-events.ts';
import { Interactions } from './interactions.ts';
import type { Change, Channel, Json, Message } from './objects.ts';
import { SLACK_TIMING, type SlackOptions, type Timing, type TokenSpec } from './options.ts';
import { type MessageRef, Person } from './person.ts';
import { type Ping, Pings } from './pings.ts';
import { fetchedFor } from './previews.ts';
import { RateLimiter } from './rate-tiers.ts';
import { ResponseUrls } from './response-urls.ts';
import { SocketMode } from './socket-mode.ts';
import { STREAM_LIMITS } from './streams.ts';
import { channelView, messageText, threadView } from './view.ts';
import { Views } from './views.ts';
import { WebApi } from './web-api.ts';
import { APP_BOT, APP_USER, Workspace } from './workspace.ts';

const TEAM = { id: 'T0ACME', name: 'Acme', domain: 'acme' };
/** How long `until` waits when the test doesn't say: only a failure takes as long, even on a small, busy machine. */
const UNTIL_MS = 60_000;
/** How often `until` looks again for what no change tells, such as calls that change nothing, in milliseconds. */
const GLANCE_MS = 20;

/** Starts a simulated Slack on a free port of 127.0.0.1. */
export async function startSlack(options: SlackOptions = {}): Promise<SlackSim> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new SlackSim(server, options);
}

/** A Slack workspace with one app in it: what the app calls, what people do and see, and what goes wrong. */
export class SlackSim {
  readonly app: App;
  readonly workspace: Workspace;
  readonly socketMode: SocketMode;
  readonly delivery: Delivery;
  readonly counters = new Counters();
  /** The user id that `@bobbin` stands for. */
  readonly botUser = APP_USER.id;
  /** `http://127.0.0.1:PORT`, or what the options say. */
  readonly origin: string;
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  readonly #timing: Timing;
  readonly #faults = new Faults();
  readonly #pings: Pings;
  readonly #server: Server;
  readonly #responseUrls: ResponseUrls;
  readonly #events: Events;
  readonly #views: Views;
  readonly #webApi: WebApi;
  #httpEvents: HttpEvents | undefined;

  /** Takes a server that listens already. */
  constructor(server: Server, options: SlackOptions) {
    this.#server = server;
    this.port = Object(server.address()).port;
    this.origin = options.origin ?? `http://127.0.0.1:${this.port}`;
    this.#timing = { ...SLACK_TIMING, ...options.timing };
    this.app = appFrom(options);
    this.workspace = new Workspace(TEAM, this.#timing, options);
    this.#pings = new Pings(this.workspace);
    this.socketMode = new SocketMode(this.#timing, APP_BOT.appId);
    this.delivery = new Delivery(this.#timing, () => this.#httpEvents ?? this.socketMode);
    this.#responseUrls = new ResponseUrls(this.workspace);
    this.#views = new Views(this.workspace, this.#timing);
    this.#events = new Events(this.workspace, this.app, this.origin);
    this.#webApi = this.#newWebApi(options);
    this.workspace.listen((change) => {
      for (const payload of this.#events.of(change))
        void this.delivery.dispatch({ type: 'events_api', payload });
    });
    server.on('request', (request, response) => void this.#serve(request, response));
    server.on('upgrade', (request, socket, head) => this.socketMode.upgrade(request, socket, head));
  }

  #newWebApi(options: SlackOptions): WebApi {
    return new WebApi({
      services: {
        app: this.app,
        origin: this.origin,
        uploadOrigin: options.uploadOrigin ?? this.origin,
        limits: { ...STREAM_LIMITS, ...options.limits },
        views: this.#views,
        connectionUrl: () => `${this.origin.replace('http', 'ws')}${this.socketMode.ticket()}`,
      },
      workspaceOf: (token) => this.#workspaceOf(token),
      rates: new RateLimiter(options.rates),
      faults: this.#faults,
      counters: this.counters,
    });
  }

  /** The addresses that Slack may have fetched for previews of what the app wrote. */
  get fetched(): readonly string[] {
    return fetchedFor(this.counters.calls);
  }

  async close(): Promise<void> {
    this.delivery.close();
    this.socketMode.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** For `clientOptions.slackApiUrl`. */
  get apiUrl(): string {
    return `${this.origin}/api/`;
  }

  /** Sends everything to a request URL from now on, after it has passed Slack's verification. */
  async useRequestUrl(url: string): Promise<void> {
    const events = new HttpEvents(this.app, this.#timing, url);
    await events.verify();
    this.#httpEvents = events;
  }

  /** A person by id or name. */
  user(who: string): Person {
    const { workspace, app, delivery, origin } = this;
    const user = [...workspace.users.values()].find(({ id, name }) => id === who || name === who);
    if (user === undefined) throw new Error(`There is nobody called ${who}.`);
    const [responseUrls, views] = [this.#responseUrls, this.#views];
    const interactions = new Interactions({ workspace, delivery, responseUrls, views, origin });
    return new Person(user, { workspace, app, delivery, events: this.#events, interactions, views, origin });
  }

  /** What a person sees in a channel, its threads included. */
  view(channelId: string): string {
    return channelView(this.workspace, this.workspace.channel(channelId));
  }

  /** What a person sees in a thread, by the ts of its first message. */
  thread(channelId: string, ts: string): string {
    const channel = this.workspace.channel(channelId);
    return threadView(this.workspace, channel, this.workspace.message(channel, ts));
  }

  /** What stands in the app's messages, oldest first: of a thread (without its first message) or of a channel. */
  texts(channelId: string, threadTs?: string): string[] {
    const channel = this.workspace.channel(channelId);
    const messages =
      threadTs === undefined ? this.workspace.messages(channel) : this.workspace.replies(channel, threadTs);
    return messages
      .filter(({ user }) => user === APP_USER.id)
      .map((message) => messageText(this.workspace, message));
  }

  /** Every notification so far. */
  get pings(): readonly Ping[] {
    return this.#pings.list;
  }

  /** Called after everything that people could see change. The answer ends it. */
  watch(listener: (change: Change) => void): () => void {
    return this.workspace.listen(listener);
  }

  /** Resolves as soon as this is true; throws with `view()` of all channels after a minute. */
  async until(isTrue: () => boolean, timeoutMs = UNTIL_MS): Promise<void> {
    if (isTrue()) return;
    await new Promise<void>((resolve, reject) => {
      const look = () => isTrue() && settle(resolve);
      const stop = this.watch(look);
      const glances = setInterval(look, GLANCE_MS);
      const timer = setTimeout(
        () => settle(() => reject(new Error(`It did not happen.\n${this.#everything()}`))),
        timeoutMs,
      );
      const settle = (done: () => void) => {
        clearTimeout(timer);
        clearInterval(glances);
        stop();
        done();
      };
    });
  }

  /** Resolves when every event, command and click is acknowledged or given up. */
  settled(): Promise<void> {
    return this.delivery.settled();
  }

  /** Lets calls of a method go wrong. */
  fails(method: string, fault: Fault): void {
    this.#faults.add(method, fault);
  }

  /** Ends a stream as its age does. */
  expires(ref: MessageRef): void {
    const message = this.#message(ref);
    const { stream } = message;
    if (stream?.state !== 'in_progress') throw new Error(`The message ${ref.ts} is not streaming.`);
    this.workspace.append({ ...message, stream: { ...stream, state: 'errored', expiredAt: Date.now() } });
  }

  /** Removes the app from a channel, or invites it. */
  setBotMember(channelId: string, isMember: boolean): void {
    const channel = this.#channel(channelId);
    this.workspace.setMember(channel, APP_USER.id, isMember);
    if (!isMember)
      this.#tell({ type: channel.kind === 'public' ? 'channel_left' : 'group_left', channel: channelId });
  }

  /** Deletes a channel with all that was said there: https://docs.slack.dev/reference/events/channel_deleted */
  deletesChannel(channelId: string): void {
    const { kind } = this.#channel(channelId);
    this.workspace.channels.delete(channelId);
    this.#tell({ type: kind === 'public' ? 'channel_deleted' : 'group_deleted', channel: channelId });
  }

  #tell(event: Json & { type: string }): void {
    const payload = this.#events.other(event);
    if (payload !== undefined) void this.delivery.dispatch({ type: 'events_api', payload });
  }

  archives(channelId: string): void {
    this.#channel(channelId).archived = true;
  }

  /** A moderator takes any message away. */
  removes(ref: MessageRef): void {
    this.workspace.remove(this.#channel(ref.channel), this.#message(ref));
  }

  revokeToken(token = this.app.botToken): void {
    const spec = this.app.tokens.get(token);
    if (spec !== undefined) spec.state = 'revoked';
  }

  #channel(id: string): Channel {
    return this.workspace.channel(id);
  }

  #message({ channel, ts }: MessageRef): Message {
    return this.workspace.message(this.#channel(channel), ts);
  }

  #workspaceOf({ teamId = TEAM.id }: TokenSpec): Workspace {
    return teamId === TEAM.id
      ? this.workspace
      : new Workspace({ id: teamId, name: 'Elsewhere', domain: 'elsewhere' }, this.#timing);
  }

  #everything(): string {
    return [...this.workspace.channels.keys()].map((id) => this.view(id)).join('\n\n');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await bodyOf(request);
      const answer = await this.#answer(request, body);
      if (answer !== undefined) send(response, answer);
    } catch (error) {
      send(response, { status: 500, body: String(error) });
    }
  }

  async #answer(request: IncomingMessage, body: Buffer): Promise<HttpAnswer | undefined> {
    const { pathname } = new URL(request.url ?? '/', this.origin);
    const [, root = '', name = ''] = pathname.split('/');
    switch (root) {
      case 'api':
        return await this.#webApi.answer(name, request, body);
      case 'response':
        return this.#responseUrls.answer(pathname, body);
      case 'upload':
        return await receiveUpload(this.workspace, pathname, request, body);
      case 'files-pri':
        return serveFile(this.workspace, this.app, pathname, request);
      default:
        return {
          status: 200,
          headers: { 'content-type': 'text/html' },
          body: '<!DOCTYPE html><title>Slack</title>Sign in',
        };
    }
  }
}
