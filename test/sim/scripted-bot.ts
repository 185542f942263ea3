import { OpenAI } from 'openai';
import { type Logger, pino } from 'pino';
import type { CodeInterpreter } from '../../src/assistants/code-interpreter/code-interpreter.ts';
import type { Fetch } from '../../src/assistants/in-process-fetch.ts';
import { createAssistants } from '../../src/assistants/index.ts';
import type { Model } from '../../src/assistants/models/model.ts';
import { EXPLAIN } from '../../src/bot.ts';
import { CONVERSATIONS } from '../../src/conversation/namespaces.ts';
import { begunRun, streamedRun } from '../../src/conversation/run/run.ts';
import type { SourceSettings } from '../../src/conversation/sources.ts';
import { ThreadMap } from '../../src/conversation/thread/thread-map.ts';
import { noFunctions } from '../../src/functions/functions.ts';
import type { SuggestedPrompt } from '../../src/platform.ts';
import { RunningBot } from '../../src/running-bot.ts';
import type { Store } from '../../src/store/store.ts';
import { ScriptedInterpreter } from './scripted-interpreter.ts';

export interface ScriptedBotOptions {
  store: Store;
  model: Model;
  codeInterpreter?: CodeInterpreter;
  log?: Logger;
  prompts?: readonly SuggestedPrompt[];
  /** How much of a reply is shown as messages. */
  longest?: number | undefined;
  graceMs?: number;
  knowledge?: SourceSettings;
  /** Stands between the SDK and the server. */
  network?: (fetch: Fetch) => Fetch;
}

/** The real bot over the real Assistants API, with a model and a code interpreter that do as they are told. */
export async function scriptedBot(options: ScriptedBotOptions): Promise<RunningBot> {
  const { store, model, longest, knowledge = {}, prompts = [], graceMs = 0 } = options;
  const network = options.network ?? ((fetch) => fetch);
  const { codeInterpreter = new ScriptedInterpreter(), log = pino({ level: 'silent' }) } = options;
  const assistants = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    ...(store.locks && { locks: store.locks }),
    model,
    codeInterpreter,
    onError: (error) => log.error({ err: error }, 'the Assistants API failed'),
    explain: EXPLAIN.team,
  });
  const baseURL = 'http://embedded.invalid/v1';
  const client = new OpenAI({ baseURL, apiKey: 'none', fetch: network(assistants.fetch), maxRetries: 0 });
  const tools = [{ type: 'code_interpreter' as const }];
  const { id: assistant_id } = await client.beta.assistants.create({ model: 'm', name: 'Bobbin', tools });
  const turn = {
    client,
    threads: new ThreadMap(store.keyv(CONVERSATIONS), client),
    runThread: streamedRun(client),
    followRun: begunRun(client),
    functions: noFunctions,
    runSettings: { assistant_id },
    style: { toolCall: () => undefined, ...(longest !== undefined && { longest }) },
    knowledge,
    log,
  };
  const { close } = assistants;
  const server = { client, warmUp: () => {}, leaveRuns: () => void close(), close };
  return new RunningBot(store, server, turn, { prompts, graceMs });
}
