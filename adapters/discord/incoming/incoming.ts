import { type Client, type Message, MessageType, type TextBasedChannel } from 'discord.js';
import type { Attachment, Bot, IncomingMessage } from '../../../src/platform.ts';
import { buttonsOf } from '../buttons.ts';
import { opensThread, type ReplyIn } from '../permissions.ts';
import { inPlace, inThread, type ReplyTo } from '../place.ts';
import { readable, titleOf } from '../text.ts';
import { attachmentsOf, quoted, textOf, textWithFiles } from './content.ts';

/** People write these two; the others are the platform's own notes. */
const WRITTEN: readonly MessageType[] = [MessageType.Default, MessageType.Reply];
/** How many messages a conversation of replies is followed back, to find the one that it began with. */
const LONGEST_CHAIN = 8;
/** Among so many of a channel's latest messages those are looked for that are still written. */
const LATEST = 50;
/** Of a message that somebody answers, so much is quoted to the model. */
const QUOTED = 4_000;

export function conversationId(channelOrMessage: string): string {
  return `discord:${channelOrMessage}`;
}

/** What a conversation of a channel is in: the server, and the channel, whose threads go with it. Nothing for direct messages. */
export function withinOf(
  guildId: string | null,
  channel: { id: string; parentId?: string | null; isThread(): boolean },
): Pick<IncomingMessage, 'within'> {
  if (guildId === null) return {};
  const parent = channel.isThread() ? (channel.parentId ?? channel.id) : channel.id;
  return { within: [conversationId(guildId), conversationId(parent)] };
}

/** The channel or message that a conversation is named by. */
export function idOf(conversation: string): string {
  return conversation.slice(conversationId('').length);
}

/** The conversations with single people that are known. */
export function directOf(client: Client): string[] {
  return client.channels.cache.filter((channel) => channel.isDMBased()).map(({ id }) => conversationId(id));
}

/** What a person wrote, as it was when it came: discord.js changes the message itself when it is edited. */
export interface Written {
  readonly message: Message;
  /** Whether it names the bot, or nobody else could be meant. */
  readonly isAddressed: boolean;
  /** Whether it speaks to somebody else. */
  readonly isAside: boolean;
  /** Whether it names the bot by its role alone, and Discord keeps what it says from the bot. */
  readonly isHidden: boolean;
  readonly text: string;
  /** In a word, what it is about. */
  readonly title: string;
  readonly attachments: Attachment[];
}

/** Undefined for what no person wrote. */
export function look(message: Message): Written | undefined {
  const { author, webhookId, type, channel, client } = message;
  if (author.bot || webhookId || !WRITTEN.includes(type)) return undefined;
  const mentions = mentionsOf(message);
  const attachments = attachmentsOf(message);
  const text = withPostTitle(message, textOf(message, mentions));
  return {
    message,
    isAddressed: channel.isDMBased() || mentions.length > 0,
    isAside: mentions.length === 0 && addressesOthers(message),
    isHidden: message.content === '' && mentions.length > 0 && !message.mentions.users.has(client.user.id),
    text,
    title: readable(message.content, mentions, channel) || attachments[0]?.name || text,
    attachments,
  };
}

/** A forum's post asks its question in its title, often alone; its first message has the post's id. */
function withPostTitle({ id, channel }: Message, text: string): string {
  const isPost = channel.isThread() && channel.id === id;
  return isPost ? `${channel.name}\n\n${text}`.trim() : text;
}

export async function isForBot({ message, isAddressed, isAside }: Written, bot: Bot): Promise<boolean> {
  const { channel, client } = message;
  if (isAddressed) return true;
  if ((await answered(message))?.author.id === client.user.id) return true;
  if (!channel.isThread() || isAside) return false;
  return channel.ownerId === client.user.id || bot.knows(conversationId(channel.id));
}

/** The message as the bot takes it. */
export async function read(written: Written, replyIn: ReplyIn): Promise<IncomingMessage> {
  const { message } = written;
  const conversation = await conversationOf(message);
  const name = nameOf(message);
  const title = titleOf(written.title || `Question from ${name}`);
  const target = await answeredOther(message);
  const attachments = [...written.attachments, ...(target ? attachmentsOf(target) : [])];
  return {
    id: message.id,
    conversation,
    author: { id: message.author.id, name },
    text: [target ? quotation(target) : '', written.text].filter((part) => part !== '').join('\n\n'),
    ...(attachments.length > 0 && { attachments }),
    ...withinOf(message.guildId, message.channel),
    replyTo: replyToOf(message, conversation, replyIn, title),
  };
}

/** How the bot is mentioned: itself, or by the role that Discord gave it. */
export function mentionsOf({ mentions, client }: Message): string[] {
  const { id } = client.user;
  const roles = mentions.roles.filter(({ tags }) => tags?.botId === id).map((role) => `<@&${role.id}>`);
  return mentions.users.has(id) ? [`<@${id}>`, `<@!${id}>`, ...roles] : roles;
}

function addressesOthers({ mentions, author }: Message): boolean {
  return mentions.everyone || mentions.roles.size > 0 || mentions.users.some(({ id }) => id !== author.id);
}

/**
 * Threads and direct messages are conversations. In a channel the message that began it names the conversation, as it
 * would name the thread; replies to the bot's answers go on with it.
 */
export async function conversationOf(message: Message): Promise<string> {
  const { channel } = message;
  if (channel.isDMBased() || channel.isThread()) return conversationId(channel.id);
  const me = message.client.user.id;
  let begin = message;
  for (let length = 0; length < LONGEST_CHAIN; length++) {
    const target = await answered(begin);
    const conversation = target && conversationIn(target);
    if (conversation) return conversation;
    if (!target || (target.author.id !== me && begin.author.id !== me)) break;
    begin = target;
  }
  return conversationId(begin.id);
}

/** The conversation that the buttons under a message belong to. */
export function conversationIn({ author, client, components }: Message): string | undefined {
  if (author.id !== client.user.id) return undefined;
  return buttonsOf(components.map((component) => component.toJSON())).press?.conversation;
}

/** The conversations whose answers are written in a channel, by whichever process, as its latest messages show. */
export async function answeredIn(channel: TextBasedChannel): Promise<string[]> {
  const latest = await channel.messages.fetch({ limit: LATEST, cache: false });
  const shown = [...latest.values()].filter(({ author, client }) => author.id === client.user.id);
  return shown.flatMap(({ components }) => {
    const { buttons, press } = buttonsOf(components.map((component) => component.toJSON()));
    return buttons === 'running' && press ? [press.conversation] : [];
  });
}

/** The message that this one is a reply to, if it is still there. */
export async function answered(message: Message): Promise<Message | undefined> {
  if (message.type !== MessageType.Reply) return undefined;
  return message.fetchReference().catch(() => undefined);
}

/** What somebody else said, when the question is a reply to that. */
async function answeredOther(message: Message): Promise<Message | undefined> {
  const target = await answered(message);
  return target?.author.id === message.client.user.id ? undefined : target;
}

function quotation(target: Message): string {
  const text = textWithFiles(target).slice(0, QUOTED).toWellFormed();
  return text === '' ? '' : quoted(`${nameOf(target)}: ${text}`);
}

export function nameOf({ member, author }: Message): string {
  return member?.displayName ?? author.displayName;
}

function replyToOf(message: Message, conversation: string, replyIn: ReplyIn, title: string): ReplyTo {
  const { channel, id } = message;
  if (channel.isDMBased()) return inPlace(channel.id);
  const begins = conversation === conversationId(id);
  return begins && opensThread(message, replyIn) ? inThread(channel.id, id, title) : inPlace(channel.id, id);
}
