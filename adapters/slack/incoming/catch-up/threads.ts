import { conversationOf, type Place } from '../../place.ts';

export type Thread = Pick<Place, 'channel' | 'thread'>;

/** The thread that a conversation is; undefined when its name is none of Slack's. */
export function threadOf(conversation: string): Thread | undefined {
  const [platform, channel, thread] = conversation.split(':');
  if (platform !== 'slack' || !channel || !thread) return undefined;
  return conversation === conversationOf({ channel, thread }) ? { channel, thread } : undefined;
}

/** The threads that are conversations, by their channels. */
export function threadsByChannel(conversations: readonly string[]): Map<string, string[]> {
  const threads = conversations.flatMap((name) => threadOf(name) ?? []);
  const channels = Map.groupBy(threads, ({ channel }) => channel);
  return new Map([...channels].map(([channel, of]) => [channel, of.map(({ thread }) => thread)]));
}
