/** Where in Slack a message was written, and with it where its reply goes. Plain data, so that it can be stored. */
export type Place = Readonly<{
  channel: string;
  /** The `ts` of the thread's first message. */
  thread: string;
  /** The `ts` of the message. */
  ts: string;
  user: string;
  /** The person's workspace, which in a shared channel may be another one than the app's. */
  team: string;
}>;

/** What the names of a channel's conversations begin with, up to a colon. */
export function placeName(channel: string): string {
  return `slack:${channel}`;
}

/** The name of the conversation that a thread is. */
export function conversationOf({ channel, thread }: Pick<Place, 'channel' | 'thread'>): string {
  return `${placeName(channel)}:${thread}`;
}

/** The place that an incoming message carries; throws when it is none of Slack's. */
export function placeOf(replyTo: Readonly<Record<string, string>> | undefined): Place {
  const { channel, thread, ts, user, team } = replyTo ?? {};
  if (!channel || !thread || !ts || !user || !team)
    throw new Error('A message that does not come from Slack can not be answered there.');
  return { channel, thread, ts, user, team };
}

/** Direct messages with the app have channels of their own kind. */
export function isDirect({ channel }: Pick<Place, 'channel'>): boolean {
  return channel.startsWith('D');
}
