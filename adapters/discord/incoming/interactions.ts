import {
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Interaction,
  MessageFlags,
} from 'discord.js';
import type { Bot, IncomingMessage } from '../../../src/platform.ts';
import { type Press, pressOf } from '../buttons.ts';
import { mayAnswerIn, opensThread, type ReplyIn } from '../permissions.ts';
import { inPlace, inThread } from '../place.ts';
import { quote, titleOf } from '../text.ts';
import { FILE, QUESTION } from './commands.ts';
import { attachmentOf } from './content.ts';
import { contextOf, contextOfReply, type OnUnread } from './context.ts';
import { conversationId } from './incoming.ts';

const NOTHING_RUNS = 'Nothing is being answered here at the moment.';
const INTERRUPTED = 'Nobody writes this answer any more: I was interrupted before its end. Please ask again.';
const FORGOTTEN = 'I do not know any more what was asked here. Please ask again.';
const UNKNOWN_BUTTON = 'This button does nothing any more.';
const UNKNOWN_COMMAND = 'I do not have this command any more. `/help` tells what I can do.';
const MAY_NOT_WRITE =
  'I may not write in this channel. Someone who manages it can give me the permissions View Channel and Send Messages here.';

/** What slash commands and buttons work on. */
export interface Desk {
  bot: Bot;
  replyIn: ReplyIn;
  /** The conversations that are being answered in a channel. */
  answering(channel: string): string[];
  /** Whether a message is one of a reply to the conversation that is still written. */
  isWritten(message: string, conversation: string): boolean;
  help: string;
  onUnread: OnUnread;
}

/** Answers a slash command or a button within the three seconds that Discord gives, and does what it asks. */
export async function handle(interaction: Interaction, desk: Desk): Promise<void> {
  if (interaction.isButton()) {
    const press = pressOf(interaction.customId);
    if (press) await PRESSES[press.action](interaction, press, desk);
    else await disarm(interaction, UNKNOWN_BUTTON);
  } else if (interaction.isChatInputCommand()) {
    const command = COMMANDS[interaction.commandName];
    if (command) await command(interaction, desk);
    else await whisper(interaction, UNKNOWN_COMMAND);
  }
}

const COMMANDS: Readonly<
  Record<string, (interaction: ChatInputCommandInteraction, desk: Desk) => Promise<unknown>>
> = {
  ask,
  async new(interaction, { bot }) {
    const own = ownConversation(interaction);
    if (!own)
      return whisper(interaction, 'In a channel every mention starts anew by itself. /new is for threads.');
    await interaction.deferReply();
    const renewed = await bot.renew(own).then(
      () => 'From here on I remember nothing of what was said before.',
      () => 'That did not work, so I still remember what was said. Try again.',
    );
    await interaction.editReply(renewed);
  },
  async stop(interaction, { bot, answering }) {
    const own = ownConversation(interaction);
    const stopped = await Promise.all(
      (own ? [own] : answering(interaction.channelId)).map((one) => bot.stop(one)),
    );
    await whisper(interaction, stopped.includes(true) ? 'Stopped.' : NOTHING_RUNS);
  },
  help: (interaction, { help }) => whisper(interaction, help),
};

const PRESSES: Readonly<
  Record<Press['action'], (interaction: ButtonInteraction, press: Press, desk: Desk) => Promise<unknown>>
> = {
  async stop(interaction, { conversation }, { bot, isWritten }) {
    if (!isWritten(interaction.message.id, conversation)) await disarm(interaction, INTERRUPTED);
    else if (await bot.stop(conversation)) await interaction.deferUpdate();
    else await whisper(interaction, NOTHING_RUNS);
  },
  async regenerate(interaction, { conversation }, { bot, onUnread }) {
    await interaction.deferUpdate();
    // Where the store can't tell, the turn says so.
    const isKnown = await bot.knows(conversation).catch(() => true);
    if (!isKnown) return disarm(interaction, FORGOTTEN);
    const replyTo = inPlace(interaction.channelId);
    const context = await contextOfReply(interaction.message, onUnread);
    void bot.receive({
      ...message(interaction, conversation, ''),
      ...(context.length > 0 && { context }),
      regenerate: true,
      replyTo,
    });
  },
  good: (interaction, press, desk) => rate(interaction, press, desk, 'good'),
  bad: (interaction, press, desk) => rate(interaction, press, desk, 'bad'),
};

/** The question stands in the channel as the bot's own message, and the reply belongs to that as to anybody's. */
async function ask(interaction: ChatInputCommandInteraction, desk: Desk): Promise<unknown> {
  if (!mayAnswer(interaction, desk)) return whisper(interaction, MAY_NOT_WRITE);
  const question = interaction.options.getString(QUESTION, true);
  const { resource } = await interaction.reply({ content: quote(question), withResponse: true });
  const asked = resource?.message;
  if (!asked) return undefined;
  const own = ownConversation(interaction);
  const channel = interaction.channelId;
  const startsThread = !own && opensThread(asked, desk.replyIn);
  const replyTo = startsThread
    ? inThread(channel, asked.id, titleOf(question), interaction.user.id)
    : inPlace(channel, asked.id);
  const file = interaction.options.getAttachment(FILE);
  const context = await contextOf(asked, desk.bot, desk.onUnread);
  void desk.bot.receive({
    ...message(interaction, own ?? conversationId(asked.id), question),
    ...(file && { attachments: [attachmentOf(file)] }),
    ...(context.length > 0 && { context }),
    replyTo,
  });
  return undefined;
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
  { conversation }: Press,
  { bot }: Desk,
  opinion: 'good' | 'bad',
): Promise<void> {
  await whisper(interaction, 'Thank you, noted.');
  bot.rate(conversation, interaction.user.id, opinion);
}

/** The conversation that a thread or the direct messages are; a channel is none. */
function ownConversation({ channel, channelId }: ChatInputCommandInteraction): string | undefined {
  return channel?.isThread() || channel?.isDMBased() ? conversationId(channelId) : undefined;
}

function message(
  { id, user, member, locale }: ButtonInteraction | ChatInputCommandInteraction,
  conversation: string,
  text: string,
): IncomingMessage {
  const name = member && 'displayName' in member ? member.displayName : user.displayName;
  return { id, conversation, author: { id: user.id, name, locale }, text };
}

/** Says why a button does nothing, and takes it away; whom the message marks as answered stays marked. */
async function disarm(interaction: ButtonInteraction, content: string): Promise<void> {
  const { repliedUser, users } = interaction.message.mentions;
  const isMarked = repliedUser !== null && users.has(repliedUser.id);
  if (!interaction.deferred) await interaction.deferUpdate();
  await interaction.editReply({ components: [], allowedMentions: { parse: [], repliedUser: isMarked } });
  await interaction.followUp({ content, flags: MessageFlags.Ephemeral });
}

/** Answers so that only the person who asked sees it. */
async function whisper(
  interaction: ButtonInteraction | ChatInputCommandInteraction,
  content: string,
): Promise<void> {
  await interaction.reply({ content, flags: MessageFlags.Ephemeral });
}
