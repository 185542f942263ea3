import { OpenAI } from 'openai';
import { pino } from 'pino';
import { fileToolsOf } from '../../src/assistant.ts';
import { ByteQuota, type QuotaLimits } from '../../src/assistants/byte-quota.ts';
import type { CodeInterpreter } from '../../src/assistants/code-interpreter/code-interpreter.ts';
import type { Fetch } from '../../src/assistants/in-process-fetch.ts';
import { type AssistantsOptions, createAssistants } from '../../src/assistants/index.ts';
import type { Model } from '../../src/assistants/models/model.ts';
import { Ledger } from '../../src/conversation/ledger.ts';
import { begunRun, type RunThread, streamedRun } from '../../src/conversation/run/run.ts';
import type { SourceSettings } from '../../src/conversation/sources.ts';
import { type KeptThread, ThreadMap } from '../../src/conversation/thread/thread-map.ts';
import { takeTurn } from '../../src/conversation/turn/take-turn.ts';
import { Approvals } from '../../src/functions/approval/approvals.ts';
import { type Catalogue, openCatalogue } from '../../src/functions/catalogue.ts';
import type { TeamFunction } from '../../src/functions/team-function.ts';
import { type Call, type IncomingMessage, type Platform, type Reply, unlimited } from '../../src/platform.ts';
import { memoryStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import type { Limits, Outcome, ReplyFile, View } from '../../src/view.ts';
import { ScriptedInterpreter } from '../sim/scripted-interpreter.ts';

/** What a person sees of a reply on a platform without limits. */
export class SeenReply implements Reply {
  readonly limits: Limits = { characters: Number.POSITIVE_INFINITY, tables: 'markdown' };
  outcome: Outcome | undefined;
  files: readonly ReplyFile[] = [];
  text = '';
  onShow: () => void = () => {};

  next({ parts, files, outcome }: View): Call | undefined {
    const text = parts.map((part) => part.text).join('');
    if (text === this.text && outcome === this.outcome) return undefined;
    const send = async () => {
      this.text = text;
      this.outcome = outcome;
      this.files = files;
      this.onShow();
    };
    return { budget: unlimited, send };
  }
}

export interface HarnessOptions {
  model: Model;
  /** What an earlier process has left. */
  store?: Store;
  codeInterpreter?: CodeInterpreter;
  follow?: (client: OpenAI) => RunThread;
  /** The team's own, or all there is of them. */
  functions?: readonly TeamFunction[] | Catalogue;
  /** How long people have to say whether a call may be made, in ms. */
  approvalMs?: number;
  /** Stands between the SDK and the server, to break what goes through. */
  network?: (fetch: Fetch) => Fetch;
  /** Left out, there is nothing to search. */
  fileSearch?: AssistantsOptions['fileSearch'];
  knowledge?: SourceSettings;
  tools?: OpenAI.Beta.AssistantTool[];
  download?: Platform['download'];
  livedMs?: number;
  /** How many bytes of files may be made, and be sent; without limits when left out. */
  quota?: QuotaLimits;
}

/** The bot's core over a real Assistants API in memory: takes turns and gives what a person sees. */
export async function openHarness(options: HarnessOptions) {
  const { model, codeInterpreter = new ScriptedInterpreter(), follow = streamedRun } = options;
  const { store = memoryStore() } = options;
  const errors: unknown[] = [];
  const quotaOf = (name: string) => options.quota && new ByteQuota(store.keyv(name), options.quota);
  const [produced, received] = [quotaOf('produced-bytes'), quotaOf('received-bytes')];
  const assistants = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    model,
    codeInterpreter,
    ...(produced && { quotas: { produced } }),
    ...(options.fileSearch && { fileSearch: options.fileSearch }),
    onError: (error) => errors.push(error),
  });
  const network = options.network ?? ((fetch) => fetch);
  const baseURL = 'http://embedded.invalid/v1';
  const client = new OpenAI({ baseURL, apiKey: 'none', fetch: network(assistants.fetch), maxRetries: 0 });
  const tools = options.tools ?? [{ type: 'code_interpreter' }];
  const [made] = (await client.beta.assistants.list()).data;
  const assistant = made ?? (await client.beta.assistants.create({ model: 'm', name: 'Bobbin', tools }));
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const ledger = new Ledger(store.keyv('turns'), log);
  const approvals = new Approvals({ store, ledger, platformOf: () => undefined, log });
  const parts = {
    client,
    threads: new ThreadMap(store.keyv('conversations'), client, fileToolsOf(assistant), received),
    runThread: follow(client),
    followRun: begunRun(client),
    functions: catalogueOf(options.functions),
    tools: assistant.tools,
    runSettings: { assistant_id: assistant.id },
    style: { toolCall: () => undefined },
    knowledge: options.knowledge ?? {},
    ...(options.livedMs !== undefined && { livedMs: options.livedMs }),
    approvals,
    ...(produced && { produced }),
    ...(options.approvalMs !== undefined && { approvalMs: options.approvalMs }),
    log,
  };
  const platform = { name: 'test', ...(options.download && { download: options.download }) };
  const turnInto = async <R extends Reply>(
    reply: R,
    messages: IncomingMessage[],
    signal = NEVER,
  ): Promise<R> => {
    const entry = ledger.open('test:1', { messages: messages.map(({ id }) => id), attempts: 0 });
    await takeTurn(
      parts,
      { messages, entry, stop: signal, leave: NEVER },
      { ...platform, reply: () => reply },
    );
    return reply;
  };
  /** Goes on with the turn that an earlier process has left. */
  const goOn = async (reply: Reply, messages: IncomingMessage[], leave = NEVER) => {
    const record = await ledger.find('test:1');
    const ids = messages.map(({ id }) => id);
    const entry = ledger.open('test:1', { messages: ids, attempts: 0, ...record });
    const task = { messages, entry, begun: { record }, stop: NEVER, leave };
    return takeTurn(parts, task, { ...platform, reply: () => reply });
  };
  const turn = (messages: IncomingMessage[], signal = NEVER) => turnInto(new SeenReply(), messages, signal);
  const kept = store.keyv<KeptThread>('conversations');
  const threadId = async () => String(await kept.get('test:1'));
  const keepThread = (thread: KeptThread) => kept.set('test:1', thread);
  const { close } = assistants;
  return {
    client,
    approvals,
    turn,
    turnInto,
    goOn,
    close,
    threads: parts.threads,
    threadId,
    keepThread,
    errors,
    logged,
  };
}

function catalogueOf(functions: HarnessOptions['functions'] = []): Catalogue {
  if ('ready' in functions) return functions;
  return openCatalogue([{ name: 'test', functions, close: async () => {} }]);
}

/** Nobody stops the turn. */
const NEVER = new AbortController().signal;

let sent = 0;

export function from(name: string, text: string): IncomingMessage {
  return { id: `m${sent++}`, conversation: 'test:1', author: { id: name.toLowerCase(), name }, text };
}
