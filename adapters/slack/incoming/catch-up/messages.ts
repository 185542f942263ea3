import { z } from 'zod';
import { isDirect } from '../../place.ts';

/** Takes a message, as an event tells of it, if it is for the app. Rejects when it can't be taken. */
export type Take = (event: unknown) => Promise<void>;

/** What a place holds, as events would have told it, oldest first. What was edited since is new all the same. */
export function eventsOf(channel: string, messages: readonly unknown[], oldest: string): { ts?: unknown }[] {
  const kind = isDirect({ channel }) ? { channel_type: 'im' } : {};
  return messages
    .map((message) => ({ ...Object(message), channel, ...kind, edited: undefined }))
    .filter(({ ts }) => Number(ts) > Number(oldest))
    .sort((one, other) => Number(one.ts) - Number(other.ts));
}

const root = z.looseObject({ ts: z.string(), latest_reply: z.string().optional().catch(undefined) });

/** A message in a channel, and when something was written last in the thread that hangs on it. */
export type Root = z.infer<typeof root>;

/** Undefined for what is no message. */
export function rootOf(message: unknown): Root | undefined {
  return root.safeParse(message).data;
}

/** Slack's form of a Unix time in ms. */
export function slackTime(ms: number): string {
  return (ms / 1_000).toFixed(6);
}
