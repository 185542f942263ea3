import { GatewayIntentBits } from 'discord.js';
import type { PrivilegedIntent } from '../options.ts';

const Bit = GatewayIntentBits;

/** Every bit that means something; others are "invalid intents". */
const ALL = Object.values(Bit)
  .filter((bit) => typeof bit === 'number')
  .reduce((bits, bit) => bits | bit, 0);

const PRIVILEGED: readonly PrivilegedIntent[] = ['GuildMembers', 'GuildPresences', 'MessageContent'];

/** What an event needs in a guild and in direct messages; null: it comes in any case. */
const NEEDED: Record<string, { guild: number | null; direct: number | null }> = {
  MESSAGE: { guild: Bit.GuildMessages, direct: Bit.DirectMessages },
  MESSAGE_REACTION: { guild: Bit.GuildMessageReactions, direct: Bit.DirectMessageReactions },
  TYPING: { guild: Bit.GuildMessageTyping, direct: Bit.DirectMessageTyping },
  INTERACTION: { guild: null, direct: null },
};

/** https://discord.com/developers/docs/events/gateway#list-of-intents */
export function neededIntent(event: string, inGuild: boolean): number | null {
  const family = ['MESSAGE_REACTION', 'MESSAGE', 'TYPING', 'INTERACTION'].find((name) =>
    event.startsWith(`${name}_`),
  );
  const needed = family === undefined ? undefined : NEEDED[family];
  if (!needed) return Bit.Guilds;
  return inGuild ? needed.guild : needed.direct;
}

export function areValid(intents: unknown): intents is number {
  return typeof intents === 'number' && Number.isInteger(intents) && intents >= 0 && (intents & ~ALL) === 0;
}

/** Whether it asks for a privileged intent that isn't switched on in the developer portal. */
export function askTooMuch(intents: number, granted: readonly PrivilegedIntent[]): boolean {
  return PRIVILEGED.some((name) => (intents & Bit[name]) !== 0 && !granted.includes(name));
}
