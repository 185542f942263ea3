import { OpenAI } from 'openai';
import type { AssistantTool } from 'openai/resources/beta/assistants';
import { type Logger, pino } from 'pino';
import { fileToolsOf } from '../../src/assistant.ts';
import type { CodeInterpreter } from '../../src/assistants/code-interpreter/code-interpreter.ts';
import type { Fetch } from '../../src/assistants/in-process-fetch.ts';
import { type AssistantsOptions, createAssistants } from '../../src/assistants/index.ts';
import type { Model } from '../../src/assistants/models/model.ts';
import { EXPLAIN } from '../../src/bot.ts';
import type { PersonLimits } from '../../src/conversation/limits/limits.ts';
import { CONVERSATIONS } from '../../src/conversation/namespaces.ts';
import { begunRun, streamedRun } from '../../src/conversation/run/run.ts';
import type { SourceSettings } from '../../src/conversation/sources.ts';
import { ThreadMap } from '../../src/conversation/thread/thread-map.ts';
import { openCatalogue } from '../../src/functions/catalogue.ts';
import type { TeamFunction } from '../../src/functions/team-function.ts';
import type { Knowledge } from '../../src/knowledge/knowledge.ts';
import type { SuggestedPrompt } from '../../src/platform.ts';
import { RunningBot } from '../../src/running-bot.ts';
import type { Store } from '../../src/store/store.ts';
import { ScriptedInterpreter } from './scripted-interpreter.ts';

export interface ScriptedBotOptions {
  store: Store;
  model: Model;
  codeInterpreter?: CodeInterpreter;
  /** Left out, there is nothing to search. */
  fileSearch?: AssistantsOptions['fileSearch'];
  /** The team's documents; the assistant has the vector store of those for everybody. */
  knowledgeOf?: (client: OpenAI) => Knowledge;
  log?: Logger;
  prompts?: readonly SuggestedPrompt[];
  /** How much one person may have; as much as they like when left out. */
  limits?: PersonLimits;
  /** How much of a reply is shown as messages. */
  longest?: number | undefined;
  graceMs?: number;
  /** Whether code is shown, as usual. */
  code?: 'shown' | 'folded';
  knowledge?: SourceSettings;
  /** Hosts whose addresses are always links. */
  linkHosts?: readonly string[];
  /** The team's own. */
  functions?: readonly TeamFunction[];
  /** Stands between the SDK and the server. */
  network?: (fetch: Fetch) => Fetch;
}

/** The real bot over the real Assistants API, with a model and a code interpreter that do as they are told. */
export async function scriptedBot(options: ScriptedBotOptions): Promise<RunningBot> {
  const { store, model, longest, knowledge: sources = {}, prompts = [], graceMs = 0 } = options;
  const {
    functions = [],
    fileSearch,
    knowledgeOf,
    network = (fetch) => fetch,
    code = 'shown',
    limits,
  } = options;
  const { codeInterpreter = new ScriptedInterpreter(), log = pino({ level: 'silent' }) } = options;
  const assistants = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    ...(store.locks && { locks: store.locks }),
    model,
    codeInterpreter,
    ...(fileSearch && { fileSearch }),
    onError: (error) => log.error({ err: error }, 'the Assistants API failed'),
    explain: EXPLAIN.team,
  });
  const baseURL = 'http://embedded.invalid/v1';
  const client = new OpenAI({ baseURL, apiKey: 'none', fetch: network(assistants.fetch), maxRetries: 0 });
  const knowledge = knowledgeOf?.(client);
  const tools: AssistantTool[] = [{ type: 'code_interpreter' }];
  if (knowledge) tools.push({ type: 'file_search' });
  const assistant = await client.beta.assistants.create({
    model: 'm',
    name: 'Bobbin',
    tools,
    ...(knowledge && {
      tool_resources: { file_search: { vector_store_ids: [await knowledge.openStore()] } },
    }),
  });
  const turn = {
    client,
    threads: new ThreadMap(store.keyv(CONVERSATIONS), client, fileToolsOf(assistant)),
    runThread: streamedRun(client),
    followRun: begunRun(client),
    functions: openCatalogue([{ name: 'test', functions, close: async () => {} }]),
    tools,
    ...(knowledge && { offers: knowledge.offers }),
    runSettings: { assistant_id: assistant.id },
    style: { toolCall: () => undefined, code, ...(longest !== undefined && { longest }) },
    knowledge: sources,
    ...(options.linkHosts && { linkHosts: options.linkHosts }),
    log,
  };
  const close = async () => {
    await assistants.close();
    await assistants.end();
  };
  const server = { client, warmUp: () => {}, leaveRuns: () => void assistants.close(), close };
  return new RunningBot(store, server, turn, { prompts, graceMs, ...(limits && { limits }) });
}
