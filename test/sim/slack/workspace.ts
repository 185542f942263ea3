import type {
  AgentSession,
  Bot,
  Change,
  Channel,
  Ephemeral,
  Message,
  SlackFile,
  SuggestedPrompts,
  ThreadStatus,
  User,
} from './objects.ts';
import {
  type ChannelSpec,
  DEFAULT_CHANNELS,
  DEFAULT_USERS,
  type SlackOptions,
  type Timing,
  type UserSpec,
} from './options.ts';
import { SlackError } from './slack-error.ts';

export interface Team {
  id: string;
  name: string;
  domain: string;
}

/** The user of the app under test, and of another bot that shares its channels. */
export const APP_BOT: Bot = { id: 'B0BOBBIN', appId: 'A0BOBBIN' };
export const APP_USER: User = botUser('U0BOBBIN', 'bobbin', APP_BOT);
export const OTHER_BOT: User = botUser('U0OTHERBOT', 'otherbot', { id: 'B0OTHERBOT', appId: 'A0OTHERBOT' });

function botUser(id: string, name: string, bot: Bot): User {
  return { id, name, realName: name, email: '', locale: 'en-US', tz: 'America/Los_Angeles', bot };
}

/** Everything that a Slack workspace holds. What changes here is told to the listeners, after the fact. */
export class Workspace {
  readonly team: Team;
  readonly users = new Map<string, User>();
  readonly channels = new Map<string, Channel>();
  readonly files = new Map<string, SlackFile>();
  readonly subteams = new Map<string, string[]>();
  /** By `channel` and thread: see `threadKey`. */
  readonly titles = new Map<string, string>();
  readonly sessions = new Map<string, AgentSession>();
  readonly prompts = new Map<string, SuggestedPrompts>();
  readonly #statuses = new Map<string, ThreadStatus>();
  readonly #timing: Timing;
  readonly #listeners = new Set<(change: Change) => void>();
  #lastMicros = 0;
  #ids = 0;

  constructor(team: Team, timing: Timing, options?: SlackOptions) {
    this.team = team;
    this.#timing = timing;
    if (options === undefined) return;
    for (const user of [APP_USER, OTHER_BOT]) this.users.set(user.id, user);
    for (const spec of options.users ?? DEFAULT_USERS) this.users.set(spec.id, userFrom(spec));
    for (const spec of options.channels ?? DEFAULT_CHANNELS)
      this.channels.set(spec.id, this.#channelFrom(spec));
    for (const [id, members] of Object.entries(options.subteams ?? {})) this.subteams.set(id, members);
  }

  /** Called after every change, until the answer is called. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A timestamp no other message has, later than all others. */
  nextTs(): string {
    this.#lastMicros = Math.max(this.#lastMicros + 1, Date.now() * 1_000);
    const seconds = Math.floor(this.#lastMicros / 1_000_000);
    return `${seconds}.${String(this.#lastMicros % 1_000_000).padStart(6, '0')}`;
  }

  nextId(prefix: string): string {
    this.#ids += 1;
    return `${prefix}0SIM${String(this.#ids).padStart(5, '0')}`;
  }

  /** Throws `channel_not_found`. */
  channel(id: string): Channel {
    const channel = this.channels.get(id);
    if (channel === undefined) throw new SlackError('channel_not_found');
    return channel;
  }

  /** Throws `user_not_found`. */
  user(id: string): User {
    const user = this.users.get(id);
    if (user === undefined) throw new SlackError('user_not_found');
    return user;
  }

  /** The direct-message channel between a person and the app, opened if it is not there yet. */
  directMessage(userId: string): Channel {
    const id = `D${this.user(userId).id.slice(1)}`;
    const channel = this.channels.get(id) ?? emptyChannel(id, '', 'im', [userId, APP_USER.id]);
    this.channels.set(id, channel);
    return channel;
  }

  /** Throws `message_not_found`. */
  message(channel: Channel, ts: string): Message {
    const message = channel.messages.get(ts);
    if (message === undefined) throw new SlackError('message_not_found');
    return this.#aged(message);
  }

  /** All that a channel holds, oldest first. */
  messages(channel: Channel): Message[] {
    return [...channel.messages.values()].map((message) => this.#aged(message));
  }

  replies(channel: Channel, threadTs: string): Message[] {
    return this.messages(channel).filter(
      (message) => message.threadTs === threadTs && message.ts !== threadTs,
    );
  }

  post(message: Message): Message {
    this.channel(message.channel).messages.set(message.ts, message);
    this.#tell({ kind: 'posted', message });
    return message;
  }

  replace(message: Message, previous: Message): void {
    this.channel(message.channel).messages.set(message.ts, message);
    this.#tell({ kind: 'changed', message, previous });
  }

  /** A stream that grew: people see it, no event goes out. */
  append(message: Message): void {
    this.channel(message.channel).messages.set(message.ts, message);
    this.#tell({ kind: 'appended', message });
  }

  /** Throws `already_reacted`. */
  react(message: Message, user: string, reaction: string): void {
    const users = message.reactions?.get(reaction) ?? [];
    if (users.includes(user)) throw new SlackError('already_reacted');
    this.#setReaction(message, reaction, [...users, user]);
    const now = this.message(this.channel(message.channel), message.ts);
    this.#tell({ kind: 'reacted', message: now, user, reaction, isAdded: true });
  }

  /** Throws `no_reaction`. */
  unreact(message: Message, user: string, reaction: string): void {
    const users = message.reactions?.get(reaction) ?? [];
    if (!users.includes(user)) throw new SlackError('no_reaction');
    const others = users.filter((other) => other !== user);
    this.#setReaction(message, reaction, others);
    const now = this.message(this.channel(message.channel), message.ts);
    this.#tell({ kind: 'reacted', message: now, user, reaction, isAdded: false });
  }

  #setReaction(message: Message, reaction: string, users: string[]): void {
    const reactions = new Map(message.reactions).set(reaction, users);
    if (users.length === 0) reactions.delete(reaction);
    this.channel(message.channel).messages.set(message.ts, { ...message, reactions });
  }

  /** A message with replies leaves a tombstone, so that its thread stays. */
  remove(channel: Channel, message: Message): void {
    if (this.replies(channel, message.ts).length > 0) {
      this.replace({ ...tombstone(message), threadTs: message.ts }, message);
      return;
    }
    channel.messages.delete(message.ts);
    this.#tell({ kind: 'deleted', message });
  }

  whisper(channel: Channel, ephemeral: Ephemeral): void {
    channel.ephemerals.push(ephemeral);
    this.#tell({ kind: 'ephemeral', channel: channel.id });
  }

  /** An empty status takes it away. */
  setStatus(channel: Channel, threadTs: string, status: string, loadingMessages: string[] = []): void {
    const key = threadKey(channel.id, threadTs);
    if (status === '') this.#statuses.delete(key);
    else this.#statuses.set(key, { status, loadingMessages, setAt: Date.now() });
    this.#tell({ kind: 'status', channel: channel.id, threadTs });
  }

  /** What stands under a thread while the app works, unless it is too old. */
  status(channel: string, threadTs: string): ThreadStatus | undefined {
    const status = this.#statuses.get(threadKey(channel, threadTs));
    const old = status !== undefined && Date.now() - status.setAt >= this.#timing.statusAgeMs;
    return old ? undefined : status;
  }

  setTitle(channel: Channel, threadTs: string, title: string): void {
    this.titles.set(threadKey(channel.id, threadTs), title);
    this.#tell({ kind: 'title', channel: channel.id, threadTs });
  }

  setPrompts(channel: Channel, threadTs: string, prompts: SuggestedPrompts): void {
    this.prompts.set(threadKey(channel.id, threadTs), prompts);
    this.#tell({ kind: 'prompts', channel: channel.id, threadTs });
  }

  setSession(channel: Channel, threadTs: string, session: Omit<AgentSession, 'setAt'>): void {
    this.sessions.set(threadKey(channel.id, threadTs), { ...session, setAt: Date.now() });
    this.#tell({ kind: 'session', channel: channel.id, threadTs });
  }

  /**
   * Slack's own Stop button is there while a thread's agent session is `processing`: for an hour, or until a stream
   * in the thread has gone on for too long. https://docs.slack.dev/ai/agent-sessions#session-timeouts
   */
  showsStop(channel: string, threadTs: string): boolean {
    const session = this.sessions.get(threadKey(channel, threadTs));
    if (session?.status !== 'processing' || !session.stoppable) return false;
    const { setAt } = session;
    const streams = this.replies(this.channel(channel), threadTs).flatMap(({ stream }) => stream ?? []);
    const expired = streams.some(({ expiredAt = 0 }) => expiredAt >= setAt);
    return !expired && Date.now() - setAt < this.#timing.sessionAgeMs;
  }

  setMember(channel: Channel, userId: string, isMember: boolean): void {
    if (isMember) channel.members.add(userId);
    else channel.members.delete(userId);
    this.#tell({ kind: 'membership', channel: channel.id });
  }

  /** A stream past its age is dead, whoever looks at it first. */
  #aged(message: Message): Message {
    const { stream } = message;
    if (stream?.state !== 'in_progress' || Date.now() - stream.startedAt < this.#timing.streamAgeMs)
      return message;
    const expiredAt = stream.startedAt + this.#timing.streamAgeMs;
    return { ...message, stream: { ...stream, state: 'errored', expiredAt } };
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  #channelFrom(spec: ChannelSpec): Channel {
    const people = [...this.users.values()].filter((user) => user.bot === undefined).map((user) => user.id);
    const bots = spec.bot === false ? [] : [APP_USER.id, OTHER_BOT.id];
    const channel = emptyChannel(spec.id, spec.name, spec.kind ?? 'public', [
      ...(spec.members ?? people),
      ...bots,
    ]);
    return { ...channel, archived: spec.archived ?? false };
  }
}

export function threadKey(channel: string, threadTs: string): string {
  return `${channel} ${threadTs}`;
}

function userFrom(spec: UserSpec): User {
  const { realName = spec.name, locale = 'en-US', tz = 'America/New_York' } = spec;
  return { id: spec.id, name: spec.name, realName, locale, tz, email: `${spec.name}@example.com` };
}

function emptyChannel(id: string, name: string, kind: Channel['kind'], members: string[]): Channel {
  return { id, name, kind, members: new Set(members), archived: false, messages: new Map(), ephemerals: [] };
}

function tombstone({ ts, channel }: Message): Message {
  const text = 'This message was deleted.';
  return {
    ts,
    channel,
    user: 'USLACKBOT',
    text,
    blocks: [],
    format: 'mrkdwn',
    fileIds: [],
    subtype: 'tombstone',
  };
}
