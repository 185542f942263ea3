import { OpenAI } from 'openai';
import { type Logger, pino } from 'pino';
import { onTestFinished } from 'vitest';
import { Slack, type SlackOptions } from '../../../adapters/slack/slack.ts';
import { createAssistants } from '../../../src/assistants/index.ts';
import type { Model } from '../../../src/assistants/models/model.ts';
import { RunningBot } from '../../../src/bot.ts';
import { streamedRun } from '../../../src/conversation/run.ts';
import { ThreadMap } from '../../../src/conversation/thread-map.ts';
import { noFunctions } from '../../../src/functions/functions.ts';
import type { SuggestedPrompt } from '../../../src/platform.ts';
import { memoryStore } from '../../../src/store/sqlite-store.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import type { SlackOptions as SimOptions } from '../../sim/slack/options.ts';
import { type SlackSim, startSlack } from '../../sim/slack/slack.ts';

/** The simulator's clock runs so many times faster where it is about limits, and so does the adapter's. */
export const SPEED = 60;

export interface WorldOptions {
  model: Model;
  codeInterpreter?: ScriptedInterpreter;
  sim?: SimOptions;
  slack?: Partial<SlackOptions>;
  prompts?: SuggestedPrompt[];
  /** Events by Socket Mode (default), by signed HTTP, or not yet. */
  by?: 'socket' | 'http' | 'nothing';
}

export interface World {
  sim: SlackSim;
  slack: Slack;
  bot: RunningBot;
  /** What was logged, one JSON object a line. */
  log: string[];
}

/** The real adapter and the real core, over real sockets, in a simulated workspace. Lives as long as the test. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const sim = await startSlack({ rates: { speed: SPEED }, ...options.sim });
  const log: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(line) });
  const { botToken, appToken, signingSecret } = sim.app;
  const { by = 'socket' } = options;
  const slack = new Slack({
    botToken,
    ...(by === 'http' ? { signingSecret } : { appToken }),
    apiUrl: sim.apiUrl,
    log: logger,
    timing: { minute: 60_000 / SPEED },
    ...options.slack,
  });
  const bot = await botWith(options, logger);
  onTestFinished(async () => {
    await bot.close();
    await sim.close();
  });
  if (by === 'socket') await bot.connect(slack);
  return { sim, slack, bot, log };
}

async function botWith(
  { model, codeInterpreter, prompts = [] }: WorldOptions,
  log: Logger,
): Promise<RunningBot> {
  const store = memoryStore();
  const assistants = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    shared: false,
    model,
    codeInterpreter: codeInterpreter ?? new ScriptedInterpreter(),
    onError: (error) => log.error({ err: error }, 'the Assistants API failed'),
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
    runThread: streamedRun(client, noFunctions),
    runSettings: { assistant_id: assistant.id },
    style: { toolCall: () => undefined },
    log,
  };
  const server = { client, warmUp: () => {}, close: () => assistants.close() };
  return new RunningBot(store, server, turn, prompts);
}

/** Resolves when a line with these words is logged. */
export async function logged({ log }: World, words: string): Promise<void> {
  while (!log.some((line) => line.includes(words))) await new Promise((resolve) => setTimeout(resolve, 2));
}

export const GENERAL = 'C0GENERAL';

/** Ann mentions the bot in #general; the thread of it. */
export function asks(sim: SlackSim, text = 'hello') {
  const { channel, ts } = sim.user('ann').says(GENERAL, `@bobbin ${text}`);
  return {
    channel,
    ts,
    view: () => sim.thread(channel, ts),
    /** The bot's messages in the thread. */
    texts: () => sim.texts(channel, ts),
    /** The same without buttons and notes, joined. */
    text: () => sim.texts(channel, ts).map(withoutButtons).join(''),
    finished: () => sim.until(() => sim.thread(channel, ts).includes('[Regenerate]')),
    /** Nothing is left to see of the work. */
    quiet: () => sim.until(() => isQuiet(sim.thread(channel, ts))),
  };
}

export function isQuiet(view: string): boolean {
  return view.includes('[Regenerate]') && !view.includes('bobbin is ') && !view.includes('[■ Stop]');
}

export function withoutButtons(text: string): string {
  return text.replace(/\n?(?:\[👍\] \[👎\])?\n?\[(?:Regenerate|Stop)\]$/, '');
}
