import { ChannelType, ComponentType, MessageFlags } from 'discord.js';
import { threadLocked } from './api-error.ts';
import type { NewFile, NewFiles } from './attachments.ts';
import { type Commands, fillOptions, type OptionValue } from './commands.ts';
import { react, showTyping, unreact } from './gestures.ts';
import { snowflake } from './ids.ts';
import { type Interaction, type Interactions, pressOf } from './interactions.ts';
import type { Json } from './json.ts';
import { ALL_MENTIONS } from './mentions.ts';
import type { Messages } from './messages.ts';
import type { Channel, Message, Poll, User } from './model.ts';
import { startAlone, startFromMessage, startPost } from './thread-starts.ts';
import { asThread, changeThread, joinThread, leaveThread, type ThreadChange } from './threads.ts';
import { flatten } from './validation/components.ts';
import { plainBody } from './validation/message.ts';
import type { World } from './world.ts';

export interface PersonFile {
  name: string;
  data: string | Uint8Array;
  contentType?: string;
}

export interface SaysOptions {
  files?: readonly PersonFile[];
  replyTo?: Message;
  /** Whether the reply pings whom it answers, as it does unless people switch it off. */
  pingReplied?: boolean;
  stickers?: readonly string[];
  poll?: Poll;
  /** Bots alone can send them. */
  embeds?: readonly Json[];
  /** Instead of a text. */
  components?: readonly Json[];
}

/** Minutes until a person's new thread archives itself. */
const AUTO_ARCHIVE = 4320;

/** What a person's client reaches. */
export interface Client {
  world: World;
  messages: Messages;
  commands: Commands;
  /** A channel by its id or name. */
  channel(idOrName: string): Channel;
  command: Interactions['command'];
  upload: Interactions['upload'];
  press: Interactions['component'];
  submit: Interactions['submit'];
}

/** A person's hands: what somebody with a Discord client can do. What they may not do throws as it would for them. */
export class Person {
  readonly user: User;
  readonly #client: Client;

  constructor(user: User, client: Client) {
    this.user = user;
    this.#client = client;
  }

  /** How this person is written in a message. */
  get mention(): string {
    return `<@${this.user.id}>`;
  }

  says(channel: string | Channel, text: string, options: SaysOptions = {}): Message {
    const { replyTo, pingReplied = true, stickers = [], poll = null, embeds, components } = options;
    const allowedMentions = { ...ALL_MENTIONS, repliedUser: pingReplied };
    const reference = replyTo && { messageId: replyTo.id, channelId: undefined, failIfNotExists: true };
    const rich = {
      embeds: embeds && [...embeds],
      components: components && [...components],
      flags: components && MessageFlags.IsComponentsV2,
    };
    const body = plainBody(text.trim(), { allowedMentions, reference, ...rich });
    return this.#client.messages.send({
      channel: this.#at(channel),
      author: this.user,
      body,
      files: numbered(options.files),
      stickers: stickers.map((name) => ({ id: snowflake(), name })),
      poll,
    });
  }

  /** Forwards a message, which carries nothing else. */
  forwards(message: Message, to: string | Channel): Message {
    return this.#client.messages.send({
      channel: this.#at(to),
      author: this.user,
      body: plainBody(''),
      forwarded: message,
    });
  }

  /** Begins a post of a forum: a thread, whose first message has the thread's id. */
  posts(forum: string | Channel, title: string, text: string, files?: readonly PersonFile[]): Message {
    const { world, messages } = this.#client;
    const start = { name: title, owner: this.user, autoArchive: AUTO_ARCHIVE };
    const thread = startPost(world, this.#at(forum), start);
    const body = plainBody(text.trim(), { allowedMentions: ALL_MENTIONS });
    return messages.send({ channel: thread, author: this.user, body, files: numbered(files), id: thread.id });
  }

  /** Writes to the bot directly. */
  dm(text: string, options: SaysOptions = {}): Message {
    return this.says(this.#client.world.directMessages(this.user), text, options);
  }

  edits(message: Message, text: string): Message {
    return this.#client.messages.edit(message, this.user, plainBody(text));
  }

  deletes(message: Message): void {
    this.#client.messages.delete(message, this.user);
  }

  /** The client's "is typing…". */
  types(channel: string | Channel): void {
    showTyping(this.#client.world, this.#at(channel), this.user);
  }

  reacts(message: Message, emoji: string): void {
    react(this.#client.world, message, this.user, emoji);
  }

  unreacts(message: Message, emoji: string): void {
    unreact(this.#client.world, message, this.user, emoji);
  }

  startsThread(from: Message, name: string): Channel {
    const { world, messages } = this.#client;
    return startFromMessage(world, messages, from, { name, owner: this.user, autoArchive: AUTO_ARCHIVE });
  }

  startsPrivateThread(parent: string | Channel, name: string): Channel {
    const { world, messages } = this.#client;
    const start = { name, owner: this.user, autoArchive: AUTO_ARCHIVE, type: ChannelType.PrivateThread };
    return startAlone(world, messages, this.#at(parent), start);
  }

  /** Brings the bot into a private thread. */
  invitesBot(thread: Channel): void {
    joinThread(this.#client.world, thread, this.#client.world.bot);
  }

  /** Takes it out of there again, as who began it may. */
  removesBot(thread: Channel): void {
    leaveThread(this.#client.world, thread, this.#client.world.bot);
  }

  /** Renames, archives or locks a thread, as a moderator may. */
  changesThread(channel: Channel, change: ThreadChange): void {
    const thread = asThread(channel);
    if (!thread) throw new Error(`#${channel.name} is not a thread.`);
    changeThread(this.#client.world, thread, change);
  }

  /** Runs a slash command that the bot has registered. @param where A channel; `null` is the direct messages. */
  command(
    name: string,
    options: Readonly<Record<string, string | number | boolean | PersonFile>> = {},
    where: string | Channel | null = 'general',
  ): Interaction {
    const { world, commands } = this.#client;
    const channel = where === null ? world.directMessages(this.user) : this.#at(where);
    const command = commands.find(channel.guild, name);
    if (!command) throw new Error(`Nobody finds /${name} here: the bot has not registered it.`);
    const attachments: Record<string, Json> = {};
    const filled = fillOptions(command, withFiles(options), (file) => {
      const payload = this.#client.upload(channel, file);
      attachments[String(payload.id)] = payload;
      return String(payload.id);
    });
    const data = {
      id: command.id,
      name,
      type: command.type,
      options: filled,
      ...(Object.keys(attachments).length > 0 && { resolved: { attachments } }),
      ...(command.guildId !== null && { guild_id: command.guildId }),
    };
    return this.#client.command(this.user, channel, name, data);
  }

  /** Presses a button of a message, by its custom id or the label that people read. */
  presses(message: Message, button: string): Interaction {
    if (!message.channel.messages.has(message.id)) throw new Error('The message is gone.');
    this.#wake(message.channel);
    const components = flatten(message.components);
    const labelled = components.find(({ type, label }) => type === ComponentType.Button && label === button);
    const customId = typeof labelled?.custom_id === 'string' ? labelled.custom_id : button;
    return this.#client.press(this.user, message, pressOf(components, customId));
  }

  /** Fills in the form that a press or a command has opened, by its inputs' custom ids, and sends it. */
  submits(from: Interaction, entered: Readonly<Record<string, string>> = {}): Interaction {
    if (from.user !== this.user) throw new Error(`It is not ${this.user.name} who sees that form.`);
    return this.#client.submit(from, entered);
  }

  /** Blocks the bot: it can't write to this person any more. */
  blocks(): void {
    this.user.refusesDirectMessages = true;
  }

  /** Buttons of a locked thread are greyed out, those of an archived one wake it first (discord-api-docs#7900, #8474). */
  #wake(channel: Channel): void {
    const thread = asThread(channel);
    if (thread?.thread.locked) throw threadLocked();
    if (thread?.thread.archived) changeThread(this.#client.world, thread, { archived: false });
  }

  #at(channel: string | Channel): Channel {
    return typeof channel === 'string' ? this.#client.channel(channel) : channel;
  }
}

/** Files as the routes take them, numbered in order. */
function numbered(files: readonly PersonFile[] = []): NewFiles {
  return new Map(files.map((file, index) => [String(index), newFile(file)]));
}

function withFiles(
  options: Readonly<Record<string, string | number | boolean | PersonFile>>,
): Record<string, OptionValue> {
  const entries = Object.entries(options);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'object' ? newFile(value) : value]),
  );
}

function newFile({ name, data, contentType = 'application/octet-stream' }: PersonFile): NewFile {
  return { name, data: Buffer.from(data), contentType };
}
