import { PermissionFlagsBits } from 'discord.js';
import type { Json } from './json.ts';

export type PermissionName = keyof typeof PermissionFlagsBits;
export type PrivilegedIntent = 'GuildMembers' | 'GuildPresences' | 'MessageContent';

/** So many requests in so many milliseconds; the window opens with its first request. */
export interface RateLimit {
  limit: number;
  window: number;
}

/**
 * Buckets by the routes that draw on them, each counted per channel, guild or webhook. Discord documents none of
 * these numbers and asks to read the headers; they are what bots observe, or a strict guess where nobody tells.
 */
export const BUCKETS = {
  /** Create and edit together: one hash for both is observed (discord-api-docs#1442), one count is the stricter reading. */
  messages: { limit: 5, window: 5_000 },
  messageDelete: { limit: 5, window: 1_000 },
  messageRead: { limit: 5, window: 1_000 },
  reactions: { limit: 1, window: 250 },
  typing: { limit: 5, window: 5_000 },
  threads: { limit: 5, window: 5_000 },
  /**
   * New threads of a channel, behind the headers and for all that start them. Only that there is such a limit, of
   * minutes, is told (discord-api-docs#7816); the numbers are a guess.
   */
  threadStarts: { limit: 50, window: 300_000 },
  channel: { limit: 10, window: 15_000 },
  /** Name changes have their own limit behind the channel's headers (discord-api-docs#2208). */
  channelName: { limit: 2, window: 600_000 },
  webhook: { limit: 5, window: 5_000 },
  commands: { limit: 5, window: 20_000 },
  directMessages: { limit: 10, window: 10_000 },
  other: { limit: 50, window: 1_000 },
} satisfies Record<string, RateLimit>;

export type BucketName = keyof typeof BUCKETS;

/** All in milliseconds. */
export interface Timing {
  /** An interaction must be answered within it. */
  acknowledge: number;
  /** An interaction's token works as long. */
  interactionToken: number;
  typing: number;
  /** Discord says "a few minutes": two is the strictest that these words allow. */
  nonce: number;
  /** A signed link to an attachment works as long. */
  attachmentLink: number;
  /** Older messages have their own limit for edits. */
  oldMessage: number;
  /** A dropped session can be resumed within it; Discord doesn't say how long. */
  resume: number;
  /** One IDENTIFY in it. */
  identify: number;
  /** From an IDENTIFY to its READY. */
  ready: number;
}

const TIMING: Timing = {
  acknowledge: 3_000,
  interactionToken: 900_000,
  typing: 10_000,
  nonce: 120_000,
  attachmentLink: 86_400_000,
  oldMessage: 3_600_000,
  resume: 180_000,
  identify: 5_000,
  ready: 0,
};

/** What an invite link for a helpdesk bot asks for. */
const BOT_PERMISSIONS: readonly PermissionName[] = [
  'ViewChannel',
  'SendMessages',
  'SendMessagesInThreads',
  'CreatePublicThreads',
  'CreatePrivateThreads',
  'AttachFiles',
  'EmbedLinks',
  'ReadMessageHistory',
  'AddReactions',
  'UseApplicationCommands',
];

/** What the people of a fresh guild may do, by their role `Members`. */
export const MEMBER_PERMISSIONS: readonly PermissionName[] = [
  ...BOT_PERMISSIONS,
  'ChangeNickname',
  'Connect',
];

export interface DiscordOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** Under which it is reached, where that is not its own address: what it tells clients begins so. */
  origin?: string;
  token?: string;
  botName?: string;
  guildName?: string;
  /** Names of the text channels in the first guild. */
  channels?: readonly string[];
  /** What the bot's own role allows; `@everyone` allows nothing. */
  permissions?: readonly PermissionName[];
  /** The privileged intents that are switched on in the developer portal. */
  privilegedIntents?: readonly PrivilegedIntent[];
  /** Multiplies every duration and window of the platform: 0.01 makes 5 s into 50 ms. Not the heartbeat. */
  timeScale?: number;
  /** Exact durations in ms, after the scale. */
  timing?: Partial<Timing>;
  /** Exact limits, after the scale. */
  rateLimits?: Partial<Record<BucketName, RateLimit>>;
  globalRateLimit?: RateLimit;
  invalidRequests?: RateLimit;
  oldMessageEdits?: RateLimit;
  /** In ms. */
  heartbeatInterval?: number;
  /** IDENTIFYs left today. */
  sessionStarts?: number;
  /** In a guild. */
  activeThreads?: number;
  /** How often an event is delivered: 1 as a rule, 2 for a duplicate, 0 for a lost one. */
  copies?: (event: string, data: Json) => number;
}

export interface Settings {
  port: number;
  origin: string | undefined;
  token: string;
  botName: string;
  guildName: string;
  channels: readonly string[];
  permissions: readonly PermissionName[];
  privilegedIntents: readonly PrivilegedIntent[];
  timing: Timing;
  rateLimits: Record<BucketName, RateLimit>;
  globalRateLimit: RateLimit;
  invalidRequests: RateLimit;
  oldMessageEdits: RateLimit;
  heartbeatInterval: number;
  sessionStarts: number;
  activeThreads: number;
  copies: (event: string, data: Json) => number;
  /** Whether `Retry-After` is rounded up to seconds, as it is at full scale. */
  wholeSeconds: boolean;
}

/** Fills in what a test leaves open with Discord's own values. */
export function settle(options: DiscordOptions): Settings {
  const { timeScale = 1, timing, rateLimits, ...given } = options;
  const scaled = ({ limit, window }: RateLimit): RateLimit => ({ limit, window: window * timeScale });
  return {
    port: 0,
    origin: undefined,
    token: 'sim-discord-token',
    botName: 'Bobbin',
    guildName: 'Workshop',
    channels: ['general'],
    permissions: BOT_PERMISSIONS,
    privilegedIntents: ['MessageContent'],
    globalRateLimit: scaled({ limit: 50, window: 1_000 }),
    invalidRequests: scaled({ limit: 10_000, window: 600_000 }),
    // Seen by the authors of starboard-4 (their issue 118); Discord doesn't document it.
    oldMessageEdits: scaled({ limit: 3, window: 20_000 }),
    heartbeatInterval: 41_250,
    sessionStarts: 1_000,
    // Seen by bots (Copycord's pull request 15); Discord documents only that there is a limit.
    activeThreads: 1_000,
    copies: () => 1,
    ...given,
    wholeSeconds: timeScale === 1,
    timing: { ...mapValues(TIMING, (ms) => ms * timeScale), ...timing },
    rateLimits: { ...mapValues(BUCKETS, scaled), ...rateLimits },
  };
}

function mapValues<K extends string, V>(record: Record<K, V>, change: (value: V) => V): Record<K, V> {
  const result = { ...record };
  for (const key in record) result[key] = change(record[key]);
  return result;
}

/** The bits of these permissions together. */
export function permissionBits(names: readonly PermissionName[]): bigint {
  return names.reduce((bits, name) => bits | PermissionFlagsBits[name], 0n);
}
