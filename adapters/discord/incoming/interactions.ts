import { setTimeout as delay } from 'node:timers/promises';
import {
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Interaction,
  type Message,
  MessageFlags,
  MessageType,
} from 'discord.js';
import type { Bot, IncomingMessage } from '../../../src/platform.ts';
import { NO_PREVIEWS } from '../api.ts';
import { type Press, pressOf } from '../buttons.ts';
import { mayAnswerIn, opensThread, type ReplyIn } from '../permissions.ts';
import { inPlace, inThread, type ReplyTo } from '../place.ts';
import { quote, titleOf, unquote } from '../text.ts';
import { ASK, FILE, QUESTION } from './commands.ts';
import { attachmentOf } from './content.ts';
import { contextOf, contextOfReply, type OnUnread } from './context.ts';
import { approve, askWhy, refuseWithReason, UNKNOWN_BUTTON } from './decisions.ts';
import { conversationHere, pressHere } from './here.ts';
import { answeredIn, conversationId, withinOf } from './incoming.ts';
import { nameOf, whisper, whispered } from './whisper.ts';
import type { Whispers } from './whispers.ts';

/** Of the three seconds in which Discord wants an answer, so many ms may go by until a message is kept. */
const KEEPING_MS = 1_500;

const NOTHING_RUNS = 'Nothing is being answered here at the moment.';
const INTERRUPTED = 'Nobody writes this answer any more: I was interrupted before its end. Please ask again.';
const FORGOTTEN = 'I do not know any more what was asked here. Please ask again.';
const NO_CONVERSATION =
  'There is no conversation with me here that I could forget. Mention me, and one begins.';
const UNKNOWN_COMMAND = 'I do not have this command any more. `/help` tells what I can do.';
const MAY_NOT_WRITE =
  'I may not write in this channel. Someone who manages it can give me the permissions View Channel and Send Messages here.';

/** What slash commands and buttons work on. */
export interface Desk {
  bot: Bot;
  replyIn: ReplyIn;
  /** The conversations that are being answered in a channel. */
  answering(channel: string): string[];
  /** Which reply to a conversation this process writes: the one that a button belongs to, another one, or none. */
  writes(press: Press): 'it' | 'another' | undefined;
  help: string;
  whispers: Pick<Whispers, 'remember'>;
  onUnread: OnUnread;
}

/** Answers a slash command or a button within the three seconds that Discord gives, and does what it asks. */
export async function handle(interaction: Interaction, desk: Desk): Promise<void> {
  if (interaction.isButton()) {
    const press = pressOf(interaction.customId);
    if (press && press.action !== 'reason') await PRESSES[press.action](interaction, press, desk);
    else await disarm(interaction, UNKNOWN_BUTTON);
  } else if (interaction.isChatInputCommand()) {
    const command = COMMANDS[interaction.commandName];
    if (command) await command(interaction, desk);
    else await whisper(interaction, UNKNOWN_COMMAND);
  } else if (interaction.isModalSubmit()) await refuseWithReason(interaction, desk.bot);
}

const COMMANDS: Readonly<
  Record<string, (interaction: ChatInputCommandInteraction, desk: Desk) => Promise<unknown>>
> = {
  ask,
  async new(interaction, { bot }) {
    const own = ownConversation(interaction);
    if (!own)
      return whisper(interaction, 'In a channel every mention starts anew by itself. /new is for threads.');
    // What is said to all must be said soon, and where the store can't tell in time it is said all the same.
    const late = delay(KEEPING_MS, true, { ref: false });
    const isKnown = await Promise.race([bot.knows(own).catch(() => true), late]);
    if (!isKnown) return whisper(interaction, NO_CONVERSATION);
    await interaction.deferReply();
    const renewed = await bot.renew(own).then(
      (isRenewed) =>
        isRenewed ? 'From here on I remember nothing of what was said before.' : NO_CONVERSATION,
      () => 'That did not work, so I still remember what was said. Try again.',
    );
    return interaction.editReply({ content: renewed, flags: NO_PREVIEWS });
  },
  async stop(interaction, { bot, answering }) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    const { channel, channelId } = interaction;
    const own = ownConversation(interaction);
    const shown = own || !channel?.isTextBased() ? [] : await answeredIn(channel).catch(() => []);
    const here = await Promise.all(
      shown.map((one) => conversationHere(interaction.client, channelId, one).catch(() => undefined)),
    );
    const known = here.filter((one) => one !== undefined);
    const conversations = own ? [own] : [...new Set([...answering(channelId), ...known])];
    const stopped = await Promise.all(conversations.map((one) => bot.stop(one)));
    const content = stopped.includes(true) ? 'Stopped.' : NOTHING_RUNS;
    await interaction.editReply({ content, flags: NO_PREVIEWS });
  },
  help: (interaction, { help }) => whisper(interaction, help),
};

const PRESSES: Readonly<
  Record<
    Exclude<Press['action'], 'reason'>,
    (interaction: ButtonInteraction, press: Press, desk: Desk) => Promise<unknown>
  >
> = {
  async stop(interaction, given, { bot, writes, answering }) {
    await interaction.deferUpdate();
    const isWritten = answering(interaction.channelId).includes(given.conversation);
    const press = isWritten ? given : await pressHere(interaction, given);
    if (!press) return disarm(interaction, UNKNOWN_BUTTON);
    const written = writes(press);
    if (written !== 'another' && (await bot.stop(press.conversation))) return undefined;
    if (written === 'it') return interaction.followUp(whispered(NOTHING_RUNS));
    return disarm(interaction, INTERRUPTED);
  },
  async regenerate(interaction, press, desk) {
    const answered = Promise.withResolvers<ButtonInteraction>();
    desk.whispers.remember(interaction.id, answered.promise);
    const isTaken = askAgain(interaction, press, desk);
    await Promise.race([isTaken, delay(KEEPING_MS)]);
    answered.resolve(interaction.deferUpdate().then(() => interaction));
    await answered.promise;
    if (!(await isTaken)) await disarm(interaction, FORGOTTEN);
  },
  good: (interaction, press, desk) => rate(interaction, press, desk, 'good'),
  bad: (interaction, press, desk) => rate(interaction, press, desk, 'bad'),
  approve: (interaction, press, { bot }) => approve(interaction, press, bot),
  refuse: (interaction, press, { bot }) => askWhy(interaction, press, bot),
};

/** Asks the last question of a conversation again; false when nobody knows it any more. */
async function askAgain(
  interaction: ButtonInteraction,
  press: Press,
  { bot, onUnread }: Desk,
): Promise<boolean> {
  const { conversation } = (await pressHere(interaction, press)) ?? {};
  if (conversation === undefined) return false;
  // Where the store can't tell, the turn says so.
  const isKnown = await bot.knows(conversation).catch(() => true);
  if (!isKnown) return false;
  const context = await contextOfReply(interaction.message, onUnread);
  await bot.receive({
    ...message(interaction, conversation, ''),
    ...(context.length > 0 && { context }),
    regenerate: true,
    replyTo: inPlace(interaction.channelId),
  }).kept;
  return true;
}

/** The question stands in the channel as the bot's own message, and the reply belongs to that as to anybody's. */
async function ask(interaction: ChatInputCommandInteraction, desk: Desk): Promise<unknown> {
  if (!mayAnswer(interaction, desk)) return whisper(interaction, MAY_NOT_WRITE);
  const question = interaction.options.getString(QUESTION, true);
  const { resource } = await interaction.reply({
    content: quote(question),
    flags: NO_PREVIEWS,
    withResponse: true,
  });
  const asked = resource?.message;
  if (!asked) return undefined;
  desk.whispers.remember(asked.id, Promise.resolve(interaction));
  const file = interaction.options.getAttachment(FILE);
  const context = await contextOf(asked, desk.bot, desk.onUnread);
  await desk.bot.receive({
    ...message(interaction, ownConversation(interaction) ?? conversationId(asked.id), question),
    // People see and delete the message, not the command.
    id: asked.id,
    ...(file && { attachments: [attachmentOf(file)] }),
    ...(context.length > 0 && { context }),
    replyTo: replyToQuestion(asked, question, interaction.user.id, desk.replyIn),
  }).kept;
  return undefined;
}

function replyToQuestion(asked: Message, question: string, asker: string, replyIn: ReplyIn): ReplyTo {
  const startsThread = !isConversation(asked.channel) && opensThread(asked, replyIn);
  return startsThread
    ? inThread(asked.channelId, asked.id, titleOf(question), asker)
    : inPlace(asked.channelId, asked.id);
}

/**
 * What somebody asked by `/ask` in a message of the bot's that stands there: what is left of a command whose process
 * ended before it had kept it. Undefined for other messages.
 */
export function askedIn(asked: Message, replyIn: ReplyIn): IncomingMessage | undefined {
  const { author, client, type, interaction, channel, channelId, content, id } = asked;
  const isAsk = type === MessageType.ChatInputCommand && interaction?.commandName === ASK;
  const question = unquote(content);
  if (!isAsk || author.id !== client.user.id || question === '') return undefined;
  const { user } = interaction;
  return {
    id,
    conversation: conversationId(isConversation(channel) ? channelId : id),
    author: { id: user.id, name: user.displayName },
    text: question,
    ...withinOf(asked.guildId, channel),
    replyTo: replyToQuestion(asked, question, user.id, replyIn),
  };
}

function isConversation(channel: Message['channel']): boolean {
  return channel.isThread() || channel.isDMBased();
}

/**
 * Answers are messages of their own, since an interaction's token ends after 15 minutes: the bot must be able to
 * write. Of direct messages Discord doesn't say whether it may, but who asks there has let it.
 * https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object
 */
function mayAnswer(interaction: ChatInputCommandInteraction, { replyIn }: Desk): boolean {
  const { appPermissions, channel } = interaction;
  return !interaction.inGuild() || !channel || mayAnswerIn(channel, appPermissions, replyIn);
}

async function rate(
  interaction: ButtonInteraction,
  press: Press,
  { bot }: Desk,
  opinion: 'good' | 'bad',
): Promise<void> {
  await whisper(interaction, 'Thank you, noted.');
  const { conversation, reply } = (await pressHere(interaction, press)) ?? {};
  if (conversation === undefined) return;
  bot.rate({ conversation, person: interaction.user.id, opinion, ...(reply && { answers: reply }) });
}

/** The conversation that a thread or the direct messages are; a channel is none. */
function ownConversation({ channel, channelId }: ChatInputCommandInteraction): string | undefined {
  return channel?.isThread() || channel?.isDMBased() ? conversationId(channelId) : undefined;
}

function message(
  { id, user, member, locale, guildId, channel }: ButtonInteraction | ChatInputCommandInteraction,
  conversation: string,
  text: string,
): IncomingMessage {
  const author = { id: user.id, name: nameOf({ user, member }), locale };
  return { id, conversation, author, text, ...(channel && withinOf(guildId, channel)) };
}

/** Says why a button does nothing, and takes it away; whom the message marks as answered stays marked. */
async function disarm(interaction: ButtonInteraction, content: string): Promise<void> {
  const { repliedUser, users } = interaction.message.mentions;
  const isMarked = repliedUser !== null && users.has(repliedUser.id);
  if (!interaction.deferred) await interaction.deferUpdate();
  await interaction.editReply({
    components: [],
    flags: NO_PREVIEWS,
    allowedMentions: { parse: [], repliedUser: isMarked },
  });
  await interaction.followUp(whispered(content));
}
