import { ChannelType, MessageFlags, MessageType, RESTJSONErrorCodes } from 'discord.js';
import { discordLinks } from '../links.ts';
import {
  ApiError,
  emptyMessage,
  forumChannel,
  harmfulLink,
  historyNeeded,
  missingAccess,
  missingPermissions,
  noMutualGuilds,
  noTextChannel,
  notYourMessage,
  refusesMessages,
  systemMessage,
  unknownMessage,
} from './api-error.ts';
import { attach, type NewFiles } from './attachments.ts';
import type { Cdn } from './cdn.ts';
import { snowflake, timeOf } from './ids.ts';
import type { Json } from './json.ts';
import { ALL_MENTIONS, pingOf, readMentions, USER_MENTIONS } from './mentions.ts';
import type { Channel, Message, User } from './model.ts';
import { messageEvent, nonceField } from './payloads.ts';
import { asThread, changeThread, checkThread, joinThread } from './threads.ts';
import type { MessageBody } from './validation/message.ts';
import { canView, FORUMS, may, type World } from './world.ts';

interface Draft {
  channel: Channel;
  author: User;
  body: MessageBody;
  files?: NewFiles;
  type?: number;
  interaction?: Message['interaction'];
  onlyFor?: User | null;
  flags?: number;
  reference?: Message['reference'];
  stickers?: Message['stickers'];
  poll?: Message['poll'];
  forwarded?: Message['forwarded'];
  /** Of the first message of a forum's post: the post's. */
  id?: string;
  /** For the platform's own notes, whose text names nobody. */
  mentions?: Message['mentions'];
}

/** Types that people and bots write; all others are the platform's own and can't be answered or edited. */
const WRITTEN: readonly number[] = [MessageType.Default, MessageType.Reply, MessageType.ChatInputCommand];

/** https://discord.com/developers/docs/resources/message#edit-message */
const EDITABLE = MessageFlags.SuppressEmbeds | MessageFlags.IsComponentsV2;

/** Writing, changing and deleting messages, with the platform's rules for who may. */
export class Messages {
  readonly #world: World;
  readonly #cdn: Cdn;
  readonly #nonces = new Map<string, { message: Message; until: number }>();
  readonly #oldEdits = new Map<string, number[]>();

  constructor(world: World, cdn: Cdn) {
    this.#world = world;
    this.#cdn = cdn;
  }

  /** Posts as a member of the channel does, or returns the message that was posted with the same nonce. */
  send(draft: Draft): Message {
    const { channel, author, body } = draft;
    this.#checkMaySend(draft);
    const nonceKey = `${author.id}:${body.nonce}`;
    const known = this.#nonces.get(nonceKey);
    if (body.enforceNonce && known && known.until > Date.now()) return existing(known.message);
    const { forwarded } = draft;
    const answered = this.#resolveReference(channel, author, body);
    const message = this.post({
      ...draft,
      body: { ...body, flags: (body.flags ?? 0) & ~MessageFlags.Ephemeral },
      type: answered ? MessageType.Reply : MessageType.Default,
      reference: forwarded ? { channel: forwarded.channel, messageId: forwarded.id } : answered,
    });
    if (body.nonce !== undefined) {
      this.#nonces.set(nonceKey, { message, until: Date.now() + this.#world.settings.timing.nonce });
    }
    return message;
  }

  /** Posts without asking who may: for answers to interactions and for the platform itself. */
  post(draft: Draft): Message {
    const { channel, author, body } = draft;
    const reference = draft.reference ?? null;
    const interaction = draft.interaction ?? null;
    const content = body.content ?? '';
    const message: Message = {
      id: draft.id ?? snowflake(),
      type: draft.type ?? MessageType.Default,
      channel,
      author,
      content,
      flags: (body.flags ?? 0) | (draft.flags ?? 0) | (draft.forwarded ? MessageFlags.HasSnapshot : 0),
      embeds: body.embeds ?? [],
      components: body.components ?? [],
      attachments: attach(body, draft.files ?? new Map(), []),
      stickers: draft.stickers ?? [],
      poll: draft.poll ?? null,
      forwarded: draft.forwarded ? { ...draft.forwarded } : null,
      mentions:
        draft.mentions ??
        this.#mentions({ channel, author, reference, interaction }, content, body.allowedMentions),
      nonce: body.nonce ?? null,
      editedAt: null,
      reference,
      thread: null,
      interaction,
      onlyFor: draft.onlyFor ?? null,
      reactions: new Map(),
    };
    if (isEmpty(message)) throw emptyMessage();
    this.#checkLinks(content);
    this.#fetchLinks(message);
    this.#deliver(message);
    return message;
  }

  /**
   * Changes a message. An edit pings nobody, whatever it mentions.
   * @param fills That the answer arrives which a deferred reply promised; it doesn't count as an edit.
   */
  edit(
    message: Message,
    editor: User,
    body: MessageBody,
    files: NewFiles = new Map(),
    fills = false,
  ): Message {
    if (message.author !== editor) throw notYourMessage();
    if (!WRITTEN.includes(message.type)) throw systemMessage();
    checkThread(message.channel, editor, 'edit');
    const { content = message.content, embeds = message.embeds, components = message.components } = body;
    const flags = fills ? message.flags & ~MessageFlags.Loading : message.flags;
    const asked = (body.flags ?? 0) & EDITABLE;
    const kept = flags & ~MessageFlags.SuppressEmbeds;
    const attachments = attach(body, files, message.attachments);
    const next = {
      content,
      embeds,
      components,
      attachments,
      flags: body.flags === undefined ? flags : kept | asked,
      mentions: this.#mentions(message, content, body.allowedMentions),
      editedAt: fills ? message.editedAt : Date.now(),
    };
    if (isEmpty({ ...message, ...next })) throw emptyMessage();
    this.#checkLinks(content);
    Object.assign(message, next);
    this.#fetchLinks(message);
    this.publish('MESSAGE_UPDATE', message);
    this.#world.noticed('edit', message.channel, message);
    return message;
  }

  /** What a message's embeds are made of, unless it has none: https://discord.com/developers/docs/resources/message#message-object-message-flags */
  #fetchLinks({ author, content, flags }: Message): void {
    const hasEmbeds = (flags & MessageFlags.SuppressEmbeds) === 0;
    if (author === this.#world.bot && hasEmbeds) this.#world.fetched.push(...discordLinks(content));
  }

  /** @throws ApiError 30046 when a channel's old messages have been edited too often. */
  countOldEdit(message: Message): void {
    const { timing, oldMessageEdits } = this.#world.settings;
    const now = Date.now();
    if (now - timeOf(message.id) < timing.oldMessage) return;
    const recent = (this.#oldEdits.get(message.channel.id) ?? []).filter(
      (at) => at > now - oldMessageEdits.window,
    );
    const [first = now] = recent;
    if (recent.length >= oldMessageEdits.limit) {
      throw new ApiError(
        429,
        RESTJSONErrorCodes.MaximumNumberOfEditsToMessagesOlderThanOneHourReached,
        'Maximum number of edits to messages older than 1 hour reached. Try again later',
        { retry_after: (first + oldMessageEdits.window - now) / 1000, global: false },
        'user',
      );
    }
    this.#oldEdits.set(message.channel.id, [...recent, now]);
  }

  /** One's own, or with ManageMessages another's. */
  delete(message: Message, by: User): void {
    const { channel } = message;
    checkThread(channel, by, 'delete');
    if (message.author !== by && !may(channel, by, 'ManageMessages')) throw missingPermissions();
    this.#remove(message);
    const guild = message.onlyFor ? null : channel.guild;
    const d = { id: message.id, channel_id: channel.id, ...(guild && { guild_id: guild.id }) };
    this.#world.publish({ t: 'MESSAGE_DELETE', d, guild, channel });
    this.#world.noticed('delete', channel, message);
  }

  /**
   * Many of one channel at once, as moderators and their bots do: one event for all.
   * https://discord.com/developers/docs/resources/message#bulk-delete-messages
   */
  purge(channel: Channel, messages: readonly Message[]): void {
    for (const message of messages) this.#remove(message);
    const { guild } = channel;
    const d = { ids: messages.map(({ id }) => id), channel_id: channel.id, guild_id: guild?.id };
    this.#world.publish({ t: 'MESSAGE_DELETE_BULK', d, guild, channel });
    for (const message of messages) this.#world.noticed('delete', channel, message);
  }

  #remove(message: Message): void {
    message.channel.messages.delete(message.id);
    for (const attachment of message.attachments) this.#cdn.remove(attachment);
  }

  /** Shows again what changed otherwise than by an edit: a thread that hangs on it, a link's preview. */
  publish(t: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE', message: Message): void {
    const told = t === 'MESSAGE_CREATE' ? nonceField(message) : {};
    const d = { ...messageEvent(this.#world, this.#cdn, message), ...told };
    // An ephemeral message goes to the app directly, "tied to the DIRECT_MESSAGES intent":
    // https://discord.com/developers/docs/events/gateway-events#message-create
    const guild = message.onlyFor ? null : message.channel.guild;
    this.#world.publish({ t, d, guild, channel: message.onlyFor ? null : message.channel });
  }

  #deliver(message: Message): void {
    const { channel, author } = message;
    const thread = asThread(channel);
    if (thread?.thread.archived) changeThread(this.#world, thread, { archived: false });
    channel.messages.set(message.id, message);
    channel.typing.delete(author.id);
    joinThread(this.#world, channel, author);
    const ping = pingOf(message);
    const heard = message.onlyFor
      ? ping.notified.filter((name) => name === message.onlyFor?.name)
      : ping.notified;
    this.#world.pings.push({ ...ping, notified: heard });
    this.publish('MESSAGE_CREATE', message);
    this.#world.noticed('message', channel, message);
  }

  #checkMaySend({ channel, author, body, files }: Draft): void {
    if (!canView(channel, author)) throw missingAccess();
    if (channel.recipient) this.#checkDirect(channel.recipient);
    if (FORUMS.includes(channel.type)) throw forumChannel();
    if (!CHATS.includes(channel.type)) throw noTextChannel();
    if (!may(channel, author, channel.thread ? 'SendMessagesInThreads' : 'SendMessages'))
      throw missingPermissions();
    if (files && files.size > 0 && !may(channel, author, 'AttachFiles')) throw missingPermissions();
    if (body.embeds?.length && !may(channel, author, 'EmbedLinks')) throw missingPermissions();
    checkThread(channel, author, 'send');
  }

  #checkLinks(content: string): void {
    if ([...this.#world.harmfulLinks].some((link) => content.includes(link))) throw harmfulLink();
  }

  #checkDirect(recipient: User): void {
    if (recipient.refusesDirectMessages) throw refusesMessages();
    if (!this.#world.sharesGuild(recipient)) throw noMutualGuilds();
  }

  #resolveReference(channel: Channel, author: User, { reference }: MessageBody): Message['reference'] {
    if (!reference) return null;
    if (!may(channel, author, 'ReadMessageHistory')) throw historyNeeded();
    const target = channel.messages.get(reference.messageId);
    const elsewhere = reference.channelId !== undefined && reference.channelId !== channel.id;
    if (target && !target.onlyFor && !elsewhere) {
      if (WRITTEN.includes(target.type)) return { channel, messageId: target.id };
      throw refusedReference('REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE', 'Cannot reply to a system message');
    }
    if (!reference.failIfNotExists) return null;
    throw refusedReference('REPLIES_UNKNOWN_MESSAGE', 'Unknown message');
  }

  #mentions(
    {
      channel,
      author,
      reference,
      interaction,
    }: Pick<Message, 'channel' | 'author' | 'reference' | 'interaction'>,
    content: string,
    allowed = interaction ? USER_MENTIONS : ALL_MENTIONS,
  ): Message['mentions'] {
    const replied = reference?.messageId ? reference.channel.messages.get(reference.messageId) : undefined;
    return readMentions(this.#world, {
      content,
      channel,
      author,
      allowed,
      repliedTo: replied?.author ?? null,
    });
  }
}

/** A nonce stands for its message even when that is deleted (discord-api-docs#6647). @throws ApiError 10008 */
function existing(message: Message): Message {
  if (!message.channel.messages.has(message.id)) throw unknownMessage();
  return message;
}

const CHATS: readonly ChannelType[] = [
  ChannelType.DM,
  ChannelType.GuildText,
  ChannelType.GuildVoice,
  ChannelType.GuildStageVoice,
  ChannelType.GuildAnnouncement,
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
  ChannelType.AnnouncementThread,
];

function refusedReference(code: string, message: string): ApiError {
  const errors: Json = { message_reference: { _errors: [{ code, message }] } };
  return new ApiError(400, RESTJSONErrorCodes.InvalidFormBodyOrContentType, 'Invalid Form Body', { errors });
}

function isEmpty(message: Message): boolean {
  const { content, embeds, components, attachments, stickers, poll, forwarded, flags, type } = message;
  if (!WRITTEN.includes(type) || flags & MessageFlags.Loading || poll || forwarded) return false;
  const nothing = content === '' && [...embeds, ...attachments, ...stickers].length === 0;
  return nothing && (components.length === 0 || (flags & MessageFlags.IsComponentsV2) === 0);
}
