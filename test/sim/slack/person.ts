import type { App } from './app.ts';
import { appMessage } from './app-message.ts';
import type { Delivery, Outcome } from './delivery.ts';
import type { Events } from './events.ts';
import { fileInMessage, mimetypeOf } from './file-json.ts';
import type { Interactions } from './interactions.ts';
import type { Block, Channel, FileState, Json, Message, User } from './objects.ts';
import type { View, Views } from './views.ts';
import { APP_USER, type Workspace } from './workspace.ts';

export interface MessageRef {
  channel: string;
  ts: string;
}

export interface FileSpec {
  name: string;
  content: string | Buffer;
  mimetype?: string;
  state?: FileState;
}

export interface SaysOptions {
  thread?: string;
  files?: FileSpec[];
  /** Messages that are shared with it, as Slack's "Forward message" does. */
  shares?: MessageRef[];
  /** A reply that is also sent to the channel. */
  broadcast?: boolean;
  /** What apps send beside or in place of text. */
  blocks?: Block[];
  attachments?: Json[];
}

export interface PersonParts {
  workspace: Workspace;
  app: App;
  events: Events;
  delivery: Delivery;
  interactions: Interactions;
  views: Views;
  origin: string;
}

/** A person at the keyboard. What Slack would not let them do throws an `Error`. */
export class Person {
  readonly id: string;
  readonly #user: User;
  readonly #parts: PersonParts;

  constructor(user: User, parts: PersonParts) {
    this.id = user.id;
    this.#user = user;
    this.#parts = parts;
  }

  /** The channel of their direct messages with the app. */
  get dm(): string {
    return this.#parts.workspace.directMessage(this.id).id;
  }

  /** How they are mentioned in a text. */
  get mention(): string {
    return `<@${this.id}>`;
  }

  /** Posts a message; `@bobbin` in it becomes a mention of the app. */
  says(
    channelId: string,
    text: string,
    { thread, files = [], shares = [], broadcast, blocks, attachments = [] }: SaysOptions = {},
  ): MessageRef {
    const { workspace } = this.#parts;
    const channel = this.#joined(channelId);
    if (thread !== undefined) this.#opensThread(channel, thread);
    const written = text.replaceAll(`@${APP_USER.name}`, `<@${APP_USER.id}>`);
    const { ts } = workspace.post({
      ts: workspace.nextTs(),
      channel: channel.id,
      user: this.id,
      text: written,
      blocks: blocks ?? (written === '' ? [] : [composed(written)]),
      format: 'mrkdwn',
      fileIds: files.map((file) => this.#uploads(channel, file)),
      ...(files.length > 0 && { subtype: 'file_share' }),
      ...(broadcast && { subtype: 'thread_broadcast', broadcast }),
      ...(this.#user.bot && { bot: this.#user.bot }),
      ...(shares.length + attachments.length > 0 && {
        attachments: [...shares.map((ref) => this.#shared(ref)), ...attachments],
      }),
      ...(thread !== undefined && { threadTs: thread }),
    });
    return { channel: channel.id, ts };
  }

  edits(ref: MessageRef, text: string): void {
    const { workspace } = this.#parts;
    const message = this.#own(ref);
    const edited = { user: this.id, ts: workspace.nextTs() };
    workspace.replace({ ...message, text, blocks: [composed(text)], edited }, message);
  }

  deletes(ref: MessageRef): void {
    this.#parts.workspace.remove(this.#joined(ref.channel), this.#own(ref));
  }

  /** Puts an emoji under a message, by its name; a skin's colour comes after it, as `::skin-tone-2` to 6. */
  reacts(ref: MessageRef, reaction: string): void {
    this.#joined(ref.channel);
    this.#parts.workspace.react(this.#message(ref), this.id, reaction);
  }

  /** Takes it away again. */
  unreacts(ref: MessageRef, reaction: string): void {
    this.#joined(ref.channel);
    this.#parts.workspace.unreact(this.#message(ref), this.id, reaction);
  }

  /**
   * Presses a button, by its action_id or its text; `side` says which of two feedback buttons. Resolves when the app has
   * acknowledged, or not.
   */
  presses(ref: MessageRef, which: string, side?: 'positive' | 'negative'): Promise<Outcome> {
    const channel = this.#joined(ref.channel);
    return this.#parts.interactions.press(this.#user, channel, this.#message(ref), which, side);
  }

  /** The form that stands before them. */
  get form(): View | undefined {
    return this.#parts.views.of(this.id);
  }

  /** Fills the form in, by its fields' action ids, and sends it. */
  submits(entered: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return this.#parts.interactions.submit(this.#user, entered);
  }

  /** Closes the form without sending it, of which the app hears nothing. */
  closesForm(): void {
    this.#parts.views.close(this.id);
  }

  usesShortcut(ref: MessageRef, callbackId: string): Promise<Outcome> {
    return this.#parts.interactions.shortcut(
      this.#user,
      this.#joined(ref.channel),
      this.#message(ref),
      callbackId,
    );
  }

  /** A slash command, in a channel: Slack takes none in threads. */
  command(command: string, text = '', channelId = this.dm): Promise<Outcome> {
    if (!this.#parts.app.commands.has(command)) throw new Error(`${command} is not a valid command.`);
    return this.#parts.interactions.command(this.#user, this.#joined(channelId), command, text);
  }

  /**
   * Presses Slack's own Stop button. Slack ends the app's open streams of that thread itself, and leaves the
   * session's status to the app.
   */
  stops({ channel: channelId, ts }: MessageRef): void {
    const { workspace } = this.#parts;
    const channel = this.#joined(channelId);
    const thread = channel.messages.get(ts)?.threadTs ?? ts;
    if (!workspace.showsStop(channel.id, thread))
      throw new Error(`The thread ${thread} shows no Stop button.`);
    this.#tell({
      type: 'agent_session_stopped',
      channel: channel.id,
      user: this.id,
      thread_ts: thread,
      streaming_message_ts: stopStreams(workspace, channel, thread),
    });
  }

  /** Opens the app's messages tab; in the legacy experience that starts a thread. */
  opensMessagesTab(): { channel: string; thread?: string } {
    const { app } = this.#parts;
    this.#tell({ type: 'app_home_opened', user: this.id, channel: this.dm, tab: 'messages' });
    if (app.agentView !== 'assistant_view') return { channel: this.dm };
    return { channel: this.dm, thread: this.#startsAssistantThread() };
  }

  opensHomeTab(): void {
    this.#tell({ type: 'app_home_opened', user: this.id, channel: this.dm, tab: 'home' });
  }

  #startsAssistantThread(): string {
    const { workspace } = this.#parts;
    const root = appMessage(workspace, this.dm);
    const { ts } = root;
    workspace.post({ ...root, text: 'New Assistant Thread', threadTs: ts, subtype: 'assistant_app_thread' });
    const thread = { user_id: this.id, context: {}, channel_id: this.dm, thread_ts: ts };
    this.#tell({ type: 'assistant_thread_started', assistant_thread: thread });
    return ts;
  }

  #tell(event: Json & { type: string }): void {
    const payload = this.#parts.events.other(event);
    if (payload !== undefined) void this.#parts.delivery.dispatch({ type: 'events_api', payload });
  }

  #joined(channelId: string): Channel {
    const channel = this.#parts.workspace.channel(channelId);
    if (!channel.members.has(this.id)) throw new Error(`${this.#user.name} is not in ${channelId}.`);
    if (channel.archived) throw new Error(`${channelId} is archived.`);
    return channel;
  }

  #message({ channel, ts }: MessageRef): Message {
    const { workspace } = this.#parts;
    return workspace.message(workspace.channel(channel), ts);
  }

  #own(ref: MessageRef): Message {
    const message = this.#message(ref);
    if (message.user !== this.id) throw new Error(`The message ${ref.ts} is not ${this.#user.name}'s.`);
    return message;
  }

  #opensThread(channel: Channel, thread: string): void {
    const root = channel.messages.get(thread);
    if (root === undefined) throw new Error(`There is no message ${thread} to reply to.`);
    if (root.threadTs === undefined) channel.messages.set(thread, { ...root, threadTs: thread });
  }

  /** A shared message as `attachments` hold it (payloads: https://github.com/slackapi/slack-skills-plugin/issues/149). */
  #shared(ref: MessageRef): Json {
    const { workspace, origin } = this.#parts;
    const channel = workspace.channel(ref.channel);
    const { ts, user, text, blocks, fileIds } = this.#message(ref);
    const author = workspace.users.get(user);
    const files = fileIds.flatMap((id) => workspace.files.get(id) ?? []);
    return {
      id: 1,
      is_share: true,
      is_msg_unfurl: true,
      ts,
      author_id: user,
      author_name: author?.realName,
      author_subname: author?.name,
      channel_id: channel.id,
      channel_team: workspace.team.id,
      from_url: `https://${workspace.team.domain}.slack.com/archives/${channel.id}/p${ts.replace('.', '')}`,
      text,
      fallback: `${author?.name}: ${text}`,
      message_blocks: [{ team: workspace.team.id, channel: channel.id, ts, message: { blocks } }],
      ...(files.length > 0 && { files: files.map((file) => fileInMessage(workspace, origin, file)) }),
      footer: channel.kind === 'public' ? `Posted in #${channel.name}` : 'Posted in a private conversation',
      mrkdwn_in: ['text'],
    };
  }

  #uploads(channel: Channel, { name, content, mimetype = mimetypeOf(name), state }: FileSpec): string {
    const { workspace } = this.#parts;
    const id = workspace.nextId('F');
    const bytes = Buffer.from(content);
    const created = Math.floor(Date.now() / 1_000);
    const channels = new Set([channel.id]);
    workspace.files.set(id, {
      id,
      name,
      title: name,
      mimetype,
      user: this.id,
      created,
      length: bytes.length,
      content: bytes,
      ...(state && { state }),
      channels,
    });
    return id;
  }
}

/** The composer sends rich text. Mentions stand in it as elements, the rest as it was written. */
function composed(text: string): Json & { type: string } {
  const elements = text
    .split(/(<@\w+>)/)
    .filter((part) => part !== '')
    .map((part) => {
      const user = /^<@(\w+)>$/.exec(part)?.[1];
      return user === undefined ? { type: 'text', text: part } : { type: 'user', user_id: user };
    });
  return { type: 'rich_text', block_id: 'composed', elements: [{ type: 'rich_text_section', elements }] };
}

/** All open streams of the app in a thread. */
function stopStreams(workspace: Workspace, channel: Channel, thread: string): string[] {
  return workspace.replies(channel, thread).flatMap((message) => {
    const { stream, user, ts } = message;
    if (user !== APP_USER.id || stream?.state !== 'in_progress') return [];
    workspace.replace(
      { ...message, stream: { ...stream, state: 'completed', stoppedByUser: true } },
      message,
    );
    return [ts];
  });
}
