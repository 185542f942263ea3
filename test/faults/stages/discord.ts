import { type DiscordSim, startDiscord } from '../../sim/discord/discord.ts';
import type { Fault } from '../../sim/discord/rest/faults.ts';
import type { SeenConversation } from '../audit.ts';
import type { Random } from '../random.ts';
import { DIRECT_PEOPLE } from '../schedule.ts';
import { CHANNELS, PEOPLE, type Stage, type StageFaults } from './stage.ts';

const CHANNEL_NAMES = Array.from({ length: CHANNELS }, (_, index) => `count-${index}`);
/** A run has the restarts and the new threads of days in its minutes. At a pace of 1 five seconds are between two starts. */
const SESSION_STARTS = 1_000_000;
const IDENTIFY_MS = 5_000;
const THREAD_STARTS = { limit: 10_000, window: 300_000 };

const DIRECT = PEOPLE.slice(0, DIRECT_PEOPLE);

/** The calls that show something. */
const ROUTES = [
  'POST /channels/:channel/messages',
  'PATCH /channels/:channel/messages/:message',
  'POST /channels/:channel/messages/:message/threads',
  'POST /channels/:channel/typing',
];

/** What a fault strikes: the platform, and how often its next events come twice. */
interface Struck {
  readonly sim: DiscordSim;
  duplicates: number;
}

export const DISCORD_FAULTS: StageFaults<Struck> = {
  'discord gateway dropped': { weight: 2, strike: ({ sim }) => sim.gateway.drop() },
  'discord gateway refreshed': { weight: 1, strike: ({ sim }) => sim.gateway.reconnect() },
  'discord session lost': { weight: 1, strike: ({ sim }) => sim.gateway.invalidate(false) },
  'discord events twice': {
    weight: 2,
    strike(struck, random) {
      struck.duplicates = random.integer(1, 4);
    },
  },
  'discord 429': called(2, (random) => ({ retryAfter: random.integer(1, 3) })),
  'discord 5xx': called(2, (random) => random.pick([500, 502, 503])),
  'discord answer lost': called(2, () => 'lost-answer'),
  'discord connection cut': called(1, () => 'cut'),
  'discord silent': called(1, () => 'hang'),
};

/** A fault of the next calls of one of the routes. */
function called(weight: number, fault: (random: Random) => Fault): StageFaults<Struck>[string] {
  return {
    weight,
    strike: ({ sim }, random) => sim.fail(random.pick(ROUTES), fault(random), random.integer(1, 2)),
  };
}

/** A guild with all of Discord's limits. Its threads and direct messages are the conversations, by their ids. */
export async function discordStage(pace: number): Promise<Stage> {
  const struck = { duplicates: 0 };
  const copies = (event: string) => {
    if (event !== 'MESSAGE_CREATE' || struck.duplicates === 0) return 1;
    struck.duplicates -= 1;
    return 2;
  };
  const sim = await startDiscord({
    channels: CHANNEL_NAMES,
    sessionStarts: SESSION_STARTS,
    timing: { identify: IDENTIFY_MS * pace },
    rateLimits: { threadStarts: THREAD_STARTS },
    copies,
  });
  const platform = Object.assign(struck, { sim });
  return {
    platform: 'discord',
    environment: { DISCORD_API_URL: sim.apiUrl, DISCORD_TOKEN: sim.token },
    ask: (text, random) => {
      const person = sim.user(random.pick(PEOPLE));
      return nameOf(person.says(random.pick(CHANNEL_NAMES), `${sim.mention} ${text}`).id);
    },
    askDirectly: (text, random, isFree) => {
      const free = DIRECT.filter((name) => isFree(nameOf(sim.directMessages(name).id)));
      const unknown = free.filter((name) => sim.directMessages(name).messages.size === 0);
      const choices = unknown.length > 0 ? unknown : free;
      return choices.length === 0 ? undefined : nameOf(sim.user(random.pick(choices)).dm(text).channel.id);
    },
    follow: (conversation, text) => {
      const channel = sim.channel(idOf(conversation));
      const person = channel.recipient?.name ?? askerOf(sim, channel.id);
      sim.user(person).says(channel, text);
    },
    canFollow: (conversation) => sim.world.channels.has(idOf(conversation)),
    seen: (conversation) => seen(sim, conversation),
    elsewhere: (conversations) => elsewhere(sim, conversations),
    // Its gateway brings messages in their order, and what a process missed stands there in this order, too.
    deliveries: () => () => ({ sent: 0, arrived: 0 }),
    watch: (listener) => watch(sim, listener),
    fails: (name, random) => DISCORD_FAULTS[name]?.strike(platform, random),
    isDelivered: () => true,
    close: () => sim.close(),
  };
}

/** A thread that is started from a message has its id. */
function nameOf(id: string): string {
  return `discord ${id}`;
}

function idOf(conversation: string): string {
  return conversation.split(' ')[1] ?? '';
}

function askerOf(sim: DiscordSim, thread: string): string {
  return sim.message(thread).author.name;
}

function seen(sim: DiscordSim, conversation: string): SeenConversation {
  const id = idOf(conversation);
  if (!sim.world.channels.has(id)) return { name: conversation, messages: [], atWork: [] };
  const own = sim.messages(id).filter(({ author, isNote }) => author === sim.bot.name && !isNote);
  const buttons = own.flatMap((message) => message.buttons);
  const atWork = [
    ...(sim.typing(id).includes(sim.bot.name) ? ['“is typing…”'] : []),
    ...own.flatMap(({ thinking }) => (thinking ? ['“is thinking…”'] : [])),
    ...buttons.flatMap(({ label, disabled }) =>
      label.includes('Stop') && !disabled ? ['a Stop button'] : [],
    ),
  ];
  return { name: conversation, messages: own.map(({ content }) => content), atWork };
}

function elsewhere(sim: DiscordSim, conversations: ReadonlySet<string>): SeenConversation {
  const messages = [...sim.world.channels.keys()]
    .filter((id) => !conversations.has(nameOf(id)))
    .flatMap((id) => seen(sim, nameOf(id)).messages);
  return { name: 'discord elsewhere', messages, atWork: [] };
}

function watch(sim: DiscordSim, listener: (conversation: string) => void): void {
  sim.watch(({ kind, channelId, messageId }) => {
    if (messageId === null || (kind !== 'message' && kind !== 'edit')) return;
    const message = sim.world.channels.get(channelId)?.messages.get(messageId);
    if (message?.author === sim.bot) listener(nameOf(channelId));
  });
}
