import { Writable } from 'node:stream';
import { pino } from 'pino';
import { Discord, type DiscordOptions } from '../../../adapters/discord/discord.ts';
import type { Fetch } from '../../../src/assistants/in-process-fetch.ts';
import type { Model } from '../../../src/assistants/models/model.ts';
import type { PersonLimits } from '../../../src/conversation/limits/limits.ts';
import type { SourceSettings } from '../../../src/conversation/sources.ts';
import type { TeamFunction } from '../../../src/functions/team-function.ts';
import type { Absence, IncomingMessage } from '../../../src/platform.ts';
import type { RunningBot } from '../../../src/running-bot.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { type DiscordSim, startDiscord } from '../../sim/discord/discord.ts';
import { BUCKETS, type DiscordOptions as SimOptions } from '../../sim/discord/options.ts';
import type { SeenMessage } from '../../sim/discord/view.ts';
import { scriptedBot } from '../../sim/scripted-bot.ts';
import type { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';

const NO_LIMIT = { limit: 1_000_000, window: 1_000 };
/** For every bucket. */
export const NO_LIMITS = Object.fromEntries(Object.keys(BUCKETS).map((name) => [name, NO_LIMIT]));

export interface SceneOptions {
  sim?: SimOptions;
  discord?: Partial<DiscordOptions>;
  codeInterpreter?: ScriptedInterpreter;
  /** The team's own. */
  functions?: readonly TeamFunction[];
  /** Where everything is kept; in memory when left out. It is closed with the scene. */
  store?: Store;
  knowledge?: SourceSettings;
  /** Hosts whose addresses are always links. */
  linkHosts?: readonly string[];
  code?: 'shown' | 'folded';
  /** Stands between the SDK and the server. */
  network?: (fetch: Fetch) => Fetch;
  /** How much of a reply is shown as messages. */
  longest?: number;
  /** How much one person may have; as much as they like when left out. */
  limits?: PersonLimits;
  /** For how long the bot waits for its replies to end when it is closed, in milliseconds. */
  graceMs?: number;
  /** What is done on the simulator before the bot connects. */
  before?: (sim: DiscordSim) => void;
  /** Since when nobody has listened, told when the bot connects; somebody has when left out. */
  absence?: (sim: DiscordSim) => Promise<Absence> | Absence;
  /** Which conversations the bot takes part in, in place of what it would say. */
  knows?: (conversation: string) => Promise<boolean>;
}

/** A simulated Discord and the whole bot on it, with a model that says what it is told. */
export async function startScene(model: Model, options: SceneOptions = {}): Promise<Scene> {
  const sim = await startSim(options.sim);
  options.before?.(sim);
  const log: LogLine[] = [];
  const logger = pino({ level: 'debug' }, linesTo(log));
  const prompts = [{ title: 'Refunds', message: 'How do refunds work?' }];
  const bot = await scriptedBot({ store: memoryStore(), ...options, model, prompts, log: logger });
  const platform = createDiscord(sim, { log: logger, ...options.discord });
  const turns = watchTurns(bot);
  const { absence, knows } = options;
  if (absence) bot.absence = async () => absence(sim);
  if (knows) bot.knows = knows;
  await bot.connect(platform);
  return new Scene(sim, log, bot, platform, turns);
}

/** Rate limits are far away unless the options bring them; IDENTIFYs may follow each other at once. */
export function startSim(options: SimOptions = {}): Promise<DiscordSim> {
  const free = { rateLimits: NO_LIMITS, globalRateLimit: NO_LIMIT };
  return startDiscord({ ...free, ...options, timing: { identify: 0, ...options.timing } });
}

/** The adapter, not started; without the five seconds that discord.js waits between two IDENTIFYs. */
export function createDiscord(sim: DiscordSim, options: Partial<DiscordOptions> = {}): Discord {
  return new Discord({
    token: sim.token,
    apiUrl: sim.apiUrl,
    log: pino({ level: 'silent' }),
    ws: { buildIdentifyThrottler: () => ({ waitForIdentify: async () => undefined }) },
    ...options,
  });
}

type LogLine = Record<string, unknown> & { msg: string };

/** What people and the log have seen. */
export class Scene {
  readonly sim: DiscordSim;
  readonly log: LogLine[];
  readonly bot: RunningBot;
  readonly platform: Discord;
  readonly #turns: readonly Turn[];

  constructor(sim: DiscordSim, log: LogLine[], bot: RunningBot, platform: Discord, turns: readonly Turn[]) {
    this.sim = sim;
    this.log = log;
    this.bot = bot;
    this.platform = platform;
    this.#turns = turns;
  }

  /** What the adapter has handed to the bot, in order. */
  get received(): IncomingMessage[] {
    return this.#turns.map(({ message }) => message);
  }

  /** Waits until nothing is left to answer, and every reply has let go of its messages. */
  async settled(): Promise<void> {
    await Promise.all(this.#turns.map(({ over }) => over));
  }

  /** The bot's messages in a channel, without the platform's own notes. */
  replies(channel: string): SeenMessage[] {
    const { channels } = this.sim.world;
    const exists = channels.has(channel) || [...channels.values()].some(({ name }) => name === channel);
    if (!exists) return [];
    return this.sim.messages(channel).filter(({ author, isNote, buttons, content, attachments }) => {
      const saysSomething = content !== '' || buttons.length > 0 || attachments.length > 0;
      return author === this.sim.bot.name && !isNote && saysSomething;
    });
  }

  /** What the bot has written in a channel. */
  text(channel: string): string {
    return this.replies(channel)
      .map(({ content }) => content)
      .join('\n');
  }

  /** Waits for so many finished replies in a channel: each has its buttons under its last message. */
  async finished(channel: string, replies = 1): Promise<SeenMessage[]> {
    const isFinished = ({ buttons }: SeenMessage) => buttons.some(({ label }) => label === 'Regenerate');
    await this.sim.until(() => this.replies(channel).filter(isFinished).length >= replies);
    return this.replies(channel);
  }

  /** Why replies could not be shown, as the log tells. */
  reasons(): string[] {
    return this.log
      .filter(({ msg }) => msg === 'a reply could not be shown')
      .map(({ err }) => (err as Error).message);
  }

  async shows(channel: string, text: string): Promise<void> {
    await this.sim.until(() => this.text(channel).includes(text));
  }

  async close(): Promise<void> {
    await this.bot.close();
    await this.sim.close();
  }
}

interface Turn {
  message: IncomingMessage;
  over: Promise<void>;
}

function watchTurns(bot: RunningBot): readonly Turn[] {
  const turns: Turn[] = [];
  const receive = bot.receive.bind(bot);
  bot.receive = (message) => {
    const receipt = receive(message);
    turns.push({ message, over: receipt.answered });
    return receipt;
  };
  return turns;
}

function linesTo(log: LogLine[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      log.push(JSON.parse(String(chunk)) as LogLine);
      done();
    },
  });
}
