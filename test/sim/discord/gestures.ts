import type { Json } from './json.ts';
import type { Channel, Message, User } from './model.ts';
import { partialMember, userPayload } from './payloads.ts';
import { memberOf, type World } from './world.ts';

/** Shows somebody's typing for ten seconds, or until they write. */
export function showTyping(world: World, channel: Channel, user: User): void {
  channel.typing.set(user.id, Date.now() + world.settings.timing.typing);
  const member = memberOf(channel.guild, user);
  const d = {
    channel_id: channel.id,
    user_id: user.id,
    timestamp: Math.floor(Date.now() / 1000),
    ...(channel.guild && { guild_id: channel.guild.id }),
    ...(member && { member: { ...partialMember(member), user: userPayload(user) } }),
  };
  world.publish({ t: 'TYPING_START', d, guild: channel.guild, channel });
  world.noticed('typing', channel);
}

export function react(world: World, message: Message, user: User, emoji: string): void {
  const { channel } = message;
  const users = message.reactions.get(emoji) ?? new Set<string>();
  if (users.has(user.id)) return;
  message.reactions.set(emoji, users.add(user.id));
  const d = {
    ...reactionFields(message, user, emoji),
    message_author_id: message.author.id,
    burst: false,
    type: 0,
  };
  world.publish({ t: 'MESSAGE_REACTION_ADD', d, guild: channel.guild, channel });
  world.noticed('reaction', channel, message);
}

export function unreact(world: World, message: Message, user: User, emoji: string): void {
  const { channel } = message;
  const users = message.reactions.get(emoji);
  if (!users?.delete(user.id)) return;
  if (users.size === 0) message.reactions.delete(emoji);
  const d = { ...reactionFields(message, user, emoji), burst: false, type: 0 };
  world.publish({ t: 'MESSAGE_REACTION_REMOVE', d, guild: channel.guild, channel });
  world.noticed('reaction', channel, message);
}

function reactionFields(message: Message, user: User, emoji: string): Json {
  const { channel } = message;
  return {
    user_id: user.id,
    channel_id: channel.id,
    message_id: message.id,
    ...(channel.guild && { guild_id: channel.guild.id }),
    emoji: { id: null, name: emoji },
  };
}
