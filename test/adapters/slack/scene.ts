import { pino } from 'pino';
import { Slack, type SlackOptions } from '../../../adapters/slack/slack.ts';
import type { Fetch } from '../../../src/assistants/in-process-fetch.ts';
import type { Model } from '../../../src/assistants/models/model.ts';
import type { PersonLimits } from '../../../src/conversation/limits/limits.ts';
import type { SourceSettings } from '../../../src/conversation/sources.ts';
import type { SuggestedPrompt } from '../../../src/platform.ts';
import type { RunningBot } from '../../../src/running-bot.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { type ScriptedBotOptions, scriptedBot } from '../../sim/scripted-bot.ts';
import type { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import type { SlackOptions as SimOptions } from '../../sim/slack/options.ts';
import { type SlackSim, startSlack } from '../../sim/slack/slack.ts';

export interface WorldOptions {
  model: Model;
  codeInterpreter?: ScriptedInterpreter;
  fileSearch?: NonNullable<ScriptedBotOptions['fileSearch']>;
  knowledgeOf?: NonNullable<ScriptedBotOptions['knowledgeOf']>;
  sim?: SimOptions;
  slack?: Partial<SlackOptions>;
  prompts?: SuggestedPrompt[];
  knowledge?: SourceSettings;
  /** Hosts whose addresses are always links. */
  linkHosts?: readonly string[];
  /** The team's own. */
  functions?: NonNullable<ScriptedBotOptions['functions']>;
  code?: 'shown' | 'folded';
  /** Stands between the SDK and the server. */
  network?: (fetch: Fetch) => Fetch;
  /** How much of a reply is shown as messages. */
  longest?: number;
  /** How much one person may have; as much as they like when left out. */
  limits?: PersonLimits;
  /** Where everything is kept; in memory when left out. It is closed with the world. */
  store?: Store;
  /** Events by Socket Mode (default), or by signed HTTP, to which the test connects. */
  by?: 'socket' | 'http';
}

export interface World {
  sim: SlackSim;
  slack: Slack;
  bot: RunningBot;
  /** What was logged, one JSON object a line. */
  log: string[];
  close(): Promise<void>;
}

/** The real adapter and the real core, over real sockets, in a simulated workspace. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const sim = await startSlack(options.sim);
  const log: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(line) });
  const { botToken, appToken, signingSecret } = sim.app;
  const { by = 'socket' } = options;
  const slack = new Slack({
    botToken,
    ...(by === 'http' ? { signingSecret } : { appToken }),
    apiUrl: sim.apiUrl,
    log: logger,
    ...options.slack,
  });
  const bot = await scriptedBot({ store: memoryStore(), ...options, log: logger });
  if (by === 'socket') await bot.connect(slack);
  const close = async () => {
    await bot.close();
    await sim.close();
  };
  return { sim, slack, bot, log, close };
}
