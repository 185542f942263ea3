import type { RateOptions } from './rate-tiers.ts';
import type { StreamLimits } from './streams.ts';

/** Durations in milliseconds. The defaults are Slack's; tests shorten them. */
export interface Timing {
  /** An event, a command or a click has to be acknowledged within this. */
  ackMs: number;
  /** The waits before the retries of an event: at once, a minute, five minutes. */
  retryDelaysMs: number[];
  /** A stream dies at this age, however busy it is (measured by others: 300 to 306 s). */
  streamAgeMs: number;
  /** A thread's status goes away by itself after this. */
  statusAgeMs: number;
  /** An agent session stops to be `processing` after this: https://docs.slack.dev/ai/agent-sessions#session-timeouts */
  sessionAgeMs: number;
  /** Between two pings to a Socket Mode client. */
  pingMs: number;
  /** A trigger of a click, a shortcut, a command or a form opens a form within this. */
  triggerMs: number;
  /** From a `disconnect` frame to the closing of the connection, if the client has not closed it. */
  disconnectGraceMs: number;
}

export const SLACK_TIMING: Timing = {
  ackMs: 3_000,
  retryDelaysMs: [0, 60_000, 300_000],
  streamAgeMs: 300_000,
  statusAgeMs: 120_000,
  sessionAgeMs: 3_600_000,
  pingMs: 10_000,
  triggerMs: 3_000,
  disconnectGraceMs: 10_000,
};

export interface UserSpec {
  id: string;
  name: string;
  realName?: string;
  locale?: string;
  tz?: string;
}

export interface ChannelSpec {
  id: string;
  name: string;
  kind?: 'public' | 'private' | 'mpim';
  archived?: boolean;
  /** User ids; everybody if left out. */
  members?: string[];
  /** Is the bot a member? Default: yes. */
  bot?: boolean;
}

export interface TokenSpec {
  kind: 'bot' | 'app' | 'user';
  state?: 'valid' | 'revoked' | 'inactive';
  /** A token of another workspace sees nothing of this one. */
  teamId?: string;
  scopes?: string[];
}

export interface SlackOptions {
  /** Under which it is reached, where that is not its own address: what it tells clients begins so. */
  origin?: string;
  /** Where it lets the app upload to, where that is another server. */
  uploadOrigin?: string;
  users?: UserSpec[];
  channels?: ChannelSpec[];
  /** User groups: id to user ids. */
  subteams?: Record<string, string[]>;
  /** What the app's bot token may do. Default: `BOT_SCOPES`. */
  scopes?: string[];
  /** The events that the app subscribes to, `message.channels` and the like. Default: `EVENTS`. */
  events?: string[];
  /** Slash commands that the app registered. */
  commands?: string[];
  /** Which agent experience the manifest declares; `assistant_view` is the legacy one. */
  agentView?: 'agent_view' | 'assistant_view' | 'none';
  /** More tokens than the app's own two. */
  tokens?: Record<string, TokenSpec>;
  timing?: Partial<Timing>;
  limits?: Partial<StreamLimits>;
  rates?: RateOptions;
}

export const BOT_SCOPES = [
  'app_mentions:read',
  'assistant:write',
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'files:read',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:read',
  'im:write',
  'mpim:history',
  'mpim:read',
  'reactions:read',
  'reactions:write',
  'team:read',
  'usergroups:read',
  'users:read',
];

export const EVENTS = [
  'agent_session_stopped',
  'app_home_opened',
  'app_mention',
  'assistant_thread_started',
  'channel_deleted',
  'channel_left',
  'group_deleted',
  'group_left',
  'message.channels',
  'message.groups',
  'message.im',
  'message.mpim',
  'reaction_added',
  'reaction_removed',
];

export const DEFAULT_USERS: UserSpec[] = [
  { id: 'U0ANN', name: 'ann', realName: 'Ann Archer', locale: 'en-GB', tz: 'Europe/London' },
  { id: 'U0BEN', name: 'ben', realName: 'Ben Baker', locale: 'de-DE', tz: 'Europe/Berlin' },
  { id: 'U0CLEO', name: 'cleo', realName: 'Cleo Clark' },
];

export const DEFAULT_CHANNELS: ChannelSpec[] = [
  { id: 'C0GENERAL', name: 'general' },
  { id: 'C0PRIVATE', name: 'private', kind: 'private', members: ['U0ANN', 'U0BEN'] },
  // Group direct messages had ids with G, and have such with C now.
  { id: 'C0GROUP', name: 'mpdm-ann--ben--bobbin-1', kind: 'mpim', members: ['U0ANN', 'U0BEN'] },
  { id: 'C0ELSEWHERE', name: 'elsewhere', bot: false },
  { id: 'C0SECRET', name: 'secret', kind: 'private', bot: false },
  { id: 'C0ARCHIVE', name: 'archive', archived: true },
];
