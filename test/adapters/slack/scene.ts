import { OpenAI } from 'openai';
import { type Logger, pino } from 'pino';
import { Slack, type SlackOptions } from '../../../adapters/slack/slack.ts';
import { createAssistants } from '../../../src/assistants/index.ts';
import type { Model } from '../../../src/assistants/models/model.ts';
import { EXPLAIN } from '../../../src/bot.ts';
import { begunRun, streamedRun } from '../../../src/conversation/run.ts';
import { ThreadMap } from '../../../src/conversation/thread-map.ts';
import { noFunctions } from '../../../src/functions/functions.ts';
import type { SuggestedPrompt } from '../../../src/platform.ts';
import { RunningBot } from '../../../src/running-bot.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import type { SlackOptions as SimOptions } from '../../sim/slack/options.ts';
import { type SlackSim, startSlack } from '../../sim/slack/slack.ts';

export interface WorldOptions {
  model: Model;
  codeInterpreter?: ScriptedInterpreter;
  sim?: SimOptions;
  slack?: Partial<SlackOptions>;
  prompts?: SuggestedPrompt[];
  /** How much of a reply is shown as messages. */
  longest?: number;
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
  const bot = await botWith(options, logger);
  if (by === 'socket') await bot.connect(slack);
  const close = async () => {
    await bot.close();
    await sim.close();
  };
  return { sim, slack, bot, log, close };
}

async function botWith(
  { model, codeInterpreter, prompts = [], longest, store = memoryStore() }: WorldOptions,
  log: Logger,
): Promise<RunningBot> {
  const assistants = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    model,
    codeInterpreter: codeInterpreter ?? new ScriptedInterpreter(),
    onError: (error) => log.error({ err: error }, 'the Assistants API failed'),
    explain: EXPLAIN.team,
  });
  const client = new OpenAI({
    baseURL: 'http://embedded.invalid/v1',
    apiKey: 'none',
    fetch: assistants.fetch,
    maxRetries: 0,
  });
  const tools = [{ type: 'code_interpreter' as const }];
  const assistant = await client.beta.assistants.create({ model: 'm', name: 'Bobbin', tools });
  const turn = {
    client,
    threads: new ThreadMap(store.keyv('conversations'), client),
    runThread: streamedRun(client),
    followRun: begunRun(client),
    functions: noFunctions,
    runSettings: { assistant_id: assistant.id },
    style: { toolCall: () => undefined, ...(longest && { longest }) },
    log,
  };
  const server = { client, warmUp: () => {}, leaveRuns: () => {}, close: () => assistants.close() };
  return new RunningBot(store, server, turn, { prompts, graceMs: 0 });
}
