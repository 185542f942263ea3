import { MessageType } from 'discord.js';
import { type DiscordSim, startDiscord } from '../../../sim/discord/discord.ts';
import { CHANNELS, type Conversation, RETRY_AFTER, type Setting, type Stage } from './stage.ts';

const CHANNEL_NAMES = Array.from({ length: CHANNELS }, (_, index) => `bench-${index}`);
const EDIT = 'PATCH /channels/:channel/messages/:message';
/** Both bots answer a mention in the thread that they start from it, which has its id. */
export const discordThreads: Setting = { name: 'Discord', open: openDiscord };

async function openDiscord(): Promise<Stage> {
  const sim = await startDiscord({ channels: CHANNEL_NAMES, copies: withoutStarterNotes });
  return {
    access: { platform: 'discord', apiUrl: sim.apiUrl, token: sim.token, applicationId: sim.bot.id },
    isConnected: () => sim.gateway.connected > 0,
    ask: (text, channel = 0) => ({
      key: sim.user('ann').says(CHANNEL_NAMES[channel] ?? '', `${sim.mention} ${text}`).id,
    }),
    follow: ({ key }, text) => void sim.user('ann').says(key, text),
    shown: (conversation) => shown(sim, conversation),
    seemsAtWork: (conversation) => seemsAtWork(sim, conversation),
    watch: (listener) => sim.watch(({ channelId }) => listener(channelId)),
    calls: () =>
      sim.calls.all.map(({ method, route, at, status, characters }) => ({
        name: `${method} ${route.split(' ').at(-1)}`,
        at,
        limited: status === 429,
        characters,
      })),
    refuse: (times) => sim.fail(EDIT, { retryAfter: RETRY_AFTER }, times),
    close: () => sim.close(),
  };
}

/**
 * Whether Discord tells bots of the note with which a thread begins, and in whose name, is a guess of the simulator.
 * Chat SDK takes the note for the person's message, and the mention waits behind it, sometimes for ever.
 */
function withoutStarterNotes(event: string, { type }: Record<string, unknown>): number {
  return event === 'MESSAGE_CREATE' && type === MessageType.ThreadStarterMessage ? 0 : 1;
}

function shown(sim: DiscordSim, { key }: Conversation): string[] {
  if (!sim.world.channels.has(key)) return [];
  return sim
    .messages(key)
    .filter(({ author, isNote }) => author === sim.bot.name && !isNote)
    .map(({ content }) => content);
}

/** "is typing…", or a Stop button that is still there. */
function seemsAtWork(sim: DiscordSim, { key }: Conversation): boolean {
  if (!sim.world.channels.has(key)) return false;
  const isStoppable = sim
    .messages(key)
    .some(({ buttons }) => buttons.some(({ label, disabled }) => label.includes('Stop') && !disabled));
  return isStoppable || sim.typing(key).length > 0;
}
