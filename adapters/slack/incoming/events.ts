import { z } from 'zod';
import { mentionedUsers, mentionsOthers } from '../markup.ts';
import type { Place } from '../place.ts';
import { contentFields, wordsOf } from './content.ts';

const messageEvent = z.object({
  type: z.enum(['message', 'app_mention']),
  subtype: z.string().optional(),
  channel: z.string(),
  channel_type: z.string().optional(),
  user: z.string(),
  team: z.string().optional(),
  user_team: z.string().optional(),
  ts: z.string(),
  thread_ts: z.string().optional(),
  bot_id: z.string().optional(),
  edited: z.unknown().optional(),
  ...contentFields,
});

/** A message that a person has just written, as an event tells of it. */
export type Written = z.infer<typeof messageEvent>;

/** Of all subtypes these are people's own words: https://docs.slack.dev/reference/events/message */
export const PEOPLES_SUBTYPES: ReadonlySet<string> = new Set([
  'file_share',
  'thread_broadcast',
  'me_message',
]);

/** What an event tells, if it tells of a new message of a person: edits, deletions, notices and bots' messages are none. */
export function writtenIn(event: unknown, self: string): Written | undefined {
  const { data } = messageEvent.safeParse(event);
  if (!data || data.bot_id !== undefined || data.edited !== undefined || data.user === self) return undefined;
  return data.subtype === undefined || PEOPLES_SUBTYPES.has(data.subtype) ? data : undefined;
}

const deletedMessage = z.object({
  ts: z.string(),
  thread_ts: z.string().optional(),
  user: z.string().optional(),
  bot_id: z.string().optional(),
});

/** A thread's first message leaves a stone in its place, so that the others stay: that comes as a change. */
const deletion = z.union([
  z.object({
    type: z.literal('message'),
    subtype: z.literal('message_deleted'),
    channel: z.string(),
    previous_message: deletedMessage,
  }),
  z.object({
    type: z.literal('message'),
    subtype: z.literal('message_changed'),
    channel: z.string(),
    message: z.object({ subtype: z.literal('tombstone') }),
    previous_message: deletedMessage,
  }),
]);

/** Where a message stood that was deleted. */
export interface Deleted extends Pick<Place, 'channel' | 'thread' | 'ts'> {
  /** Whether nothing is left of its thread. */
  isAll: boolean;
}

/** Undefined for all events that do not tell of a message of a person that was deleted. */
export function deletedIn(event: unknown, self: string): Deleted | undefined {
  const { data } = deletion.safeParse(event);
  if (!data) return undefined;
  const { channel, subtype, previous_message: message } = data;
  const { ts, thread_ts: thread = ts, user, bot_id: bot } = message;
  if (bot !== undefined || user === self) return undefined;
  return { channel, thread, ts, isAll: subtype === 'message_deleted' && ts === thread };
}

/**
 * Whether a message is for the app: `yes` for mentions and direct messages, `no` for what is said to others, and
 * `follow-up` for what is, if its thread is a conversation with the app.
 */
export function addressed(written: Written, self: string): 'yes' | 'no' | 'follow-up' {
  const words = wordsOf(written);
  const isMention = written.type === 'app_mention' || mentionedUsers(words).includes(self);
  if (isMention || written.channel_type === 'im') return 'yes';
  if (written.thread_ts === undefined || mentionsOthers(words, self)) return 'no';
  return 'follow-up';
}

/** A message outside of a thread starts one. */
export function placeIn(written: Written, team: string): Place {
  const { channel, ts, user } = written;
  const thread = written.thread_ts ?? ts;
  return { channel, thread, ts, user, team: written.user_team ?? written.team ?? team };
}

const clicked = z.object({
  user: z.object({ id: z.string(), team_id: z.string().optional() }),
  team: z.object({ id: z.string() }).nullish(),
  channel: z.object({ id: z.string() }),
  message: z.object({ ts: z.string(), thread_ts: z.string().optional() }),
});

/** Where a button was pressed or a shortcut used. */
export function placeOfClick(body: unknown, team: string): Place {
  const { user, channel, message, team: given } = clicked.parse(body);
  const thread = message.thread_ts ?? message.ts;
  return {
    channel: channel.id,
    thread,
    ts: message.ts,
    user: user.id,
    team: user.team_id ?? given?.id ?? team,
  };
}

/** Whether it was in a thread: only there an answer that one person sees can stand in one. */
export function isInThread(body: unknown): boolean {
  return clicked.parse(body).message.thread_ts !== undefined;
}
