import { z } from 'zod';
import type { Attachment } from '../../../src/platform.ts';
import { mentionedUsers, mentionsOthers } from '../markup.ts';
import type { Place } from '../place.ts';

const file = z.object({
  name: z.string().nullish(),
  mimetype: z.string().nullish(),
  size: z.number().nullish(),
  url_private_download: z.string().nullish(),
  url_private: z.string().nullish(),
});

const messageEvent = z.object({
  type: z.enum(['message', 'app_mention']),
  subtype: z.string().optional(),
  channel: z.string(),
  channel_type: z.string().optional(),
  user: z.string(),
  team: z.string().optional(),
  user_team: z.string().optional(),
  text: z.string().default(''),
  ts: z.string(),
  thread_ts: z.string().optional(),
  bot_id: z.string().optional(),
  edited: z.unknown().optional(),
  files: z.array(file).default([]),
});

/** A message that a person has just written, as an event tells of it. */
export type Written = z.infer<typeof messageEvent>;

/** Of all subtypes these are people's own words: https://docs.slack.dev/reference/events/message */
const PEOPLES_SUBTYPES: ReadonlySet<string> = new Set(['file_share', 'thread_broadcast', 'me_message']);

/** What an event tells, if it tells of a new message of a person: edits, deletions, notices and bots' messages are none. */
export function writtenIn(event: unknown, self: string): Written | undefined {
  const { data } = messageEvent.safeParse(event);
  if (!data || data.bot_id !== undefined || data.edited !== undefined || data.user === self) return undefined;
  return data.subtype === undefined || PEOPLES_SUBTYPES.has(data.subtype) ? data : undefined;
}

/**
 * Whether a message is for the app: `yes` for mentions and direct messages, `no` for what is said to others, and
 * `follow-up` for what is, if its thread is a conversation with the app.
 */
export function addressed(written: Written, self: string): 'yes' | 'no' | 'follow-up' {
  const isMention = written.type === 'app_mention' || mentionedUsers(written.text).includes(self);
  if (isMention || written.channel_type === 'im') return 'yes';
  if (written.thread_ts === undefined || mentionsOthers(written.text, self)) return 'no';
  return 'follow-up';
}

/** A message outside of a thread starts one. */
export function placeIn(written: Written, team: string): Place {
  const { channel, ts, user } = written;
  const thread = written.thread_ts ?? ts;
  return { channel, thread, ts, user, team: written.user_team ?? written.team ?? team };
}

/** The files that came with a message, those without an address left out. */
export function attachmentsOf({ files }: Written): Attachment[] {
  return files.flatMap(({ name, mimetype, size, url_private_download, url_private }) => {
    const url = url_private_download ?? url_private;
    if (!url) return [];
    return [{ name: name ?? 'file', type: mimetype ?? 'application/octet-stream', size: size ?? 0, url }];
  });
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
