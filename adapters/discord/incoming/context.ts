import { setTimeout as delay } from 'node:timers/promises';
import { type Message, MessageType, type ThreadChannel } from 'discord.js';
import type { Bot, ContextMessage } from '../../../src/platform.ts';
import { textWithFiles } from './content.ts';
import { answered, conversationId, nameOf } from './incoming.ts';

/** So many messages before the call go along: one page of Discord's. How long they may be is the turn's to say. */
const LATEST = 50;
/** How many messages a chain of replies is followed back. */
const LONGEST_CHAIN = 8;
/** For Discord to tell what was said, in ms; an answer does not wait longer for what is only its background. */
const PATIENCE_MS = 5_000;
/** What people and other bots say; the rest are the platform's own notes. */
const SAID: readonly MessageType[] = [
  MessageType.Default,
  MessageType.Reply,
  MessageType.ChatInputCommand,
  MessageType.ContextMenuCommand,
];

/** Is told why what was said before could not be read: no reason not to answer. */
export type OnUnread = (error: unknown) => void;

/** What was said before a message that calls the bot for the first time: in its thread, or in replies. */
export async function contextOf(call: Message, bot: Bot, onUnread: OnUnread): Promise<ContextMessage[]> {
  const { channel } = call;
  if (channel.isDMBased()) return [];
  const read = channel.isThread() ? () => threadBefore(channel, call.id, bot) : () => chainBefore(call);
  return patiently(read, onUnread);
}

/**
 * What was said before the bot was called in a thread for the first time, to answer that call anew.
 * @param reply What it answered then.
 */
export async function contextOfReply({ channel, reference, client }: Message, onUnread: OnUnread) {
  const call = reference?.messageId;
  if (!channel.isThread() || !call) return [];
  return patiently(async () => {
    const said = await saidBefore(channel, call);
    return said.some(({ author }) => author.id === client.user.id) ? [] : withTitle(channel, said);
  }, onUnread);
}

async function patiently(
  read: () => Promise<ContextMessage[]>,
  onUnread: OnUnread,
): Promise<ContextMessage[]> {
  const late = new AbortController();
  const patience = delay(PATIENCE_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`Discord did not tell it in ${PATIENCE_MS / 1_000} s`);
  });
  try {
    return await Promise.race([read(), patience]);
  } catch (error) {
    onUnread(error);
    return [];
  } finally {
    late.abort();
    patience.catch(() => {});
  }
}

async function threadBefore(channel: ThreadChannel, call: string, bot: Bot): Promise<ContextMessage[]> {
  // A post that calls the bot itself has nothing before it.
  if (call === channel.id || (await bot.knows(conversationId(channel.id)))) return [];
  return withTitle(channel, await saidBefore(channel, call));
}

/** What the thread began with, and the latest messages before a message, oldest first. */
async function saidBefore(channel: ThreadChannel, before: string): Promise<Message[]> {
  const [starter, latest] = await Promise.all([
    // A thread may have begun without a message, or with one that is gone.
    channel.fetchStarterMessage().catch(() => null),
    channel.messages.fetch({ before, limit: LATEST, cache: false }),
  ]);
  const others = [...latest.values()].filter(({ id, type }) => id !== starter?.id && SAID.includes(type));
  return [...(starter ? [starter] : []), ...others.reverse()];
}

/** The thread's title belongs to what it began with, and says what a forum's post is about. */
function withTitle(channel: ThreadChannel, said: readonly Message[]): ContextMessage[] {
  const [first, ...others] = said.map(contextMessage);
  const { name } = channel;
  if (first && said[0]?.id === channel.id) {
    const text = begins(first.text, name) ? first.text : `${name}\n\n${first.text}`.trim();
    return withText([{ ...first, text }, ...others]);
  }
  return withText([{ author: ownerOf(channel), text: name }, ...(first ? [first] : []), ...others]);
}

/** A thread that is started from a message has the message's beginning as its title, unless people give another one. */
function begins(text: string, title: string): boolean {
  return text.replace(/\s+/g, ' ').startsWith(title.replace(/(?:…|\.\.\.)$/, ''));
}

function ownerOf({ ownerId, guild, client }: ThreadChannel): string {
  const id = ownerId ?? '';
  const owner = guild.members.cache.get(id) ?? client.users.cache.get(id);
  return owner?.displayName ?? 'somebody';
}

/**
 * What the message that a call replies to replies to, and so on; that message itself is part of the call. A reply to the
 * bot's own words goes on with their conversation, where all of it is known.
 */
async function chainBefore(call: Message): Promise<ContextMessage[]> {
  const chain: ContextMessage[] = [];
  let said = await answered(call);
  if (said?.author.id === call.client.user.id) return [];
  for (let length = 0; length < LONGEST_CHAIN && said; length++) {
    said = await answered(said);
    if (said) chain.unshift(contextMessage(said));
  }
  return withText(chain);
}

function contextMessage(message: Message): ContextMessage {
  return { author: nameOf(message), text: textWithFiles(message) };
}

function withText(said: readonly ContextMessage[]): ContextMessage[] {
  return said.filter(({ text }) => text !== '');
}
