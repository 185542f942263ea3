import type { ChannelType } from 'discord.js';
import type { Json } from './json.ts';

/** What the simulated Discord knows. Plain, mutable, in memory. */

export interface User {
  id: string;
  name: string;
  bot: boolean;
  /** Has blocked the bot, or takes no direct messages from strangers. */
  refusesDirectMessages: boolean;
}

export interface Role {
  id: string;
  name: string;
  permissions: bigint;
  mentionable: boolean;
  /** The bot that brought this role along, or null. */
  bot: User | null;
}

export interface Member {
  user: User;
  roles: Set<Role>;
  joinedAt: number;
}

export interface Guild {
  id: string;
  name: string;
  owner: User;
  /** The role `@everyone`, whose id is the guild's. */
  everyone: Role;
  roles: Map<string, Role>;
  members: Map<string, Member>;
  /** False while the guild has an outage. */
  available: boolean;
}

export interface Overwrite {
  /** Of a role or a user. */
  id: string;
  allow: bigint;
  deny: bigint;
}

export interface Thread {
  owner: User;
  /** User ids, and when they joined. */
  members: Map<string, number>;
  archived: boolean;
  locked: boolean;
  autoArchiveMinutes: number;
  archiveChangedAt: number;
}

export interface Channel {
  id: string;
  type: ChannelType;
  name: string;
  /** Null for a direct message. */
  guild: Guild | null;
  /** The channel that a thread hangs on. */
  parent: Channel | null;
  /** The person at the other end of a direct message. */
  recipient: User | null;
  overwrites: Map<string, Overwrite>;
  thread: Thread | null;
  /** User ids, and until when their typing shows. */
  typing: Map<string, number>;
  messages: Map<string, Message>;
}

export interface Attachment {
  id: string;
  name: string;
  /** What it was called, where the name could not be kept. */
  title: string | null;
  contentType: string;
  data: Buffer;
  description: string | null;
}

/** Who a message mentions, after `allowed_mentions` and permissions. */
export interface Mentions {
  users: User[];
  roles: Role[];
  everyone: boolean;
  here: boolean;
}

export interface Sticker {
  id: string;
  name: string;
}

/** With the votes that each answer has, in order. */
export interface Poll {
  question: string;
  answers: { text: string; votes: number }[];
}

export interface Message {
  id: string;
  type: number;
  channel: Channel;
  author: User;
  content: string;
  flags: number;
  embeds: Json[];
  components: Json[];
  attachments: Attachment[];
  stickers: Sticker[];
  poll: Poll | null;
  /** What is forwarded by it, as it was then. */
  forwarded: Message | null;
  mentions: Mentions;
  nonce: string | number | null;
  editedAt: number | null;
  /** `message_reference`: another message by its id, or a thread. */
  reference: { channel: Channel; messageId: string | null } | null;
  /** The thread that was started from this message. */
  thread: Channel | null;
  /** What it answers, for the answers to interactions. */
  interaction: { id: string; type: number; user: User; command: string | null } | null;
  /** The one person who sees it, if it is ephemeral. */
  onlyFor: User | null;
  /** Emoji, and the ids of the users who reacted with it. */
  reactions: Map<string, Set<string>>;
}

/** Who was notified of one message: what allowed mentions and permissions left of its content. */
export interface Ping {
  messageId: string;
  channelId: string;
  author: string;
  /** Names of everybody notified, whatever the way. */
  notified: string[];
  users: string[];
  roles: string[];
  everyone: boolean;
  here: boolean;
}

/** An event on its way to the gateway. */
export interface Dispatch {
  t: string;
  d: Json;
  /** Null in direct messages, and for ephemeral messages. */
  guild: Guild | null;
  /** The bot must be able to view it; null when nothing needs to be viewed. */
  channel: Channel | null;
}

export type ChangeKind =
  | 'message'
  | 'edit'
  | 'delete'
  | 'typing'
  | 'thread'
  | 'channel'
  | 'reaction'
  | 'interaction';

/** Something that a person looking at the channel would notice. */
export interface Change {
  kind: ChangeKind;
  channelId: string;
  messageId: string | null;
}
