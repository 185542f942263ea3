import { OpenAI } from 'openai';
import { assistantOf, fileToolsOf, knowledgeOf } from './assistant.ts';
import { ByteQuota, DEFAULT_QUOTAS } from './assistants/byte-quota.ts';
import { Containers } from './assistants/code-interpreter/hosted/containers.ts';
import { ContainersApi } from './assistants/code-interpreter/hosted/containers-api.ts';
import { examineContainers } from './assistants/code-interpreter/hosted/examine.ts';
import { HostedInterpreter } from './assistants/code-interpreter/hosted/hosted-interpreter.ts';
import type { KeptContainer } from './assistants/code-interpreter/hosted/kept-container.ts';
import { LeftBehind } from './assistants/code-interpreter/hosted/left-behind.ts';
import { DEFAULT_LIMITS } from './assistants/code-interpreter/limits.ts';
import { PackageError } from './assistants/code-interpreter/packages/package-error.ts';
import { Packages, type PackagesOptions } from './assistants/code-interpreter/packages/packages.ts';
import { createSandbox, type SandboxOptions } from './assistants/code-interpreter/sandbox.ts';
import type { Explain } from './assistants/failures.ts';
import { LIMITS } from './assistants/file-search/documents/limits.ts';
import { ReadingProcesses } from './assistants/file-search/documents/processes/reading-processes.ts';
import { createAssistants } from './assistants/index.ts';
import { SharedMemory } from './assistants/memory/shared-memory.ts';
import { chatCompletionsModel } from './assistants/models/chat-completions.ts';
import { demoModel } from './assistants/models/demo.ts';
import { type Model, ModelError } from './assistants/models/model.ts';
import { lookUpModel } from './assistants/models/remote/list-models.ts';
import { type ResponsesOptions, responsesModel } from './assistants/models/responses.ts';
import { wallsHere } from './assistants/walls/find-walls.ts';
import { tellWalls } from './assistants/walls/tell-walls.ts';
import { CONVERSATIONS, RECEIVED } from './conversation/namespaces.ts';
import { observedBegun, observedRun } from './conversation/run/observed-run.ts';
import { begunRun, type RunThread, streamedRun } from './conversation/run/run.ts';
import { ThreadMap } from './conversation/thread/thread-map.ts';
import type { TurnParts } from './conversation/turn/turn-parts.ts';
import type { FileQuotas } from './file-quota.ts';
import { type Catalogue, openCatalogue } from './functions/catalogue.ts';
import { McpServers } from './functions/mcp/servers.ts';
import { ModuleSource } from './functions/modules/module-source.ts';
import { secretsOf } from './functions/output/secrets.ts';
import type { FunctionSource } from './functions/team-function.ts';
import type { Logger } from './log.ts';
import { type OldThings, Retention } from './operations/forgetting/retention.ts';
import type { RunObserver, TurnObserver } from './operations/metrics/observer.ts';
import { SHORT_OUTAGE_MS } from './persist.ts';
import type { IncomingMessage } from './platform.ts';
import { Problem } from './problem.ts';
import type { ReplyStyle } from './reply/transcript/render.ts';
import { type AssistantsServer, RunningBot } from './running-bot.ts';
import { notHosted } from './settings/hosted-code.ts';
import type { Settings } from './settings/settings.ts';
import type { Queue } from './store/queue.ts';
import type { Store } from './store/store.ts';
import { StoreProblem } from './store/store-problem.ts';

/** Where the SDK believes the embedded server to be; its requests never leave the process. */
const EMBEDDED_URL = 'http://embedded.invalid/v1';

const NOT_HOSTED = "code_interpreter: hosted can't be had, so Bobbin's own Python runs the code";

/** For the provider to say whether it runs code, in ms. */
const EXAMINED_WITHIN_MS = 10_000;

/** The Assistants API that the bot talks to: its own, or another server's. */
export interface Server extends AssistantsServer {
  /** Learns what its documents mean, which it does in the background otherwise; another server knows by itself. */
  learn?: () => Promise<void>;
  /** How many bytes of files may come. */
  quotas: FileQuotas;
  /** All that it ever kept; another server's can't be looked through. */
  archive?: OldThings & { threads(): AsyncIterable<{ id: string; metadata: unknown }> };
}

/**
 * Who reads what goes wrong in the Assistants API, and so what is said of it: the person who runs Bobbin everything;
 * a team no more of the model's provider than it can do something about; and programs of others nothing of the store,
 * either.
 */
export type Reader = 'operator' | 'team' | 'programs';

export interface BotOptions {
  settings: Settings;
  /** Is closed with the bot, and when the bot can't be had. */
  store: Store;
  log: Logger;
  reader: Exclude<Reader, 'programs'>;
  style: ReplyStyle;
  /** How runs are followed; streamed when left out. */
  follow?: (client: OpenAI) => RunThread;
  /** Where a platform's messages wait; in the store when left out. */
  queueOf?: (platform: string) => Queue<IncomingMessage>;
  observer?: TurnObserver & RunObserver;
  /** Is told what is worth knowing, such as that documents are being read. */
  tell?: (line: string) => void;
  /** Whether functions are loaded anew when their files change. */
  watchesFunctions?: boolean;
}

/** Puts the parts together. Throws a `Problem` when one of them can't be had. */
export async function openBot(options: BotOptions): Promise<RunningBot> {
  const { settings, store, log, reader, style, follow = streamedRun, queueOf, observer, tell } = options;
  const server = retaining(openServer(settings, store, log, reader), settings, store, log);
  try {
    const { client } = server;
    const knowledge = knowledgeOf(settings, client, store, log);
    const assistant = await assistantOf(settings, client, store, knowledge);
    const { produced, received } = server.quotas;
    const tools = fileToolsOf(assistant);
    const threads = new ThreadMap(store.keyv(CONVERSATIONS), client, tools, received);
    const mcp = settings.assistant.mcp && new McpServers(settings.assistant.mcp, store, log);
    const functions = functionsOf(options, mcp?.sources);
    const runSettings = { assistant_id: assistant.id, ...settings.assistant.run };
    const turn = {
      client,
      threads,
      ...runsOf(client, follow, observer),
      functions,
      tools: assistant.tools,
      ...(settings.assistants.assistantId === undefined && { offers: knowledge.offers }),
      runSettings,
      produced,
      ...((store.shared || settings.assistants.baseURL !== undefined) && { patienceMs: SHORT_OUTAGE_MS }),
      style,
      ...(reader === 'operator' && { readable: (sentence: string) => sentence }),
      linkHosts: settings.linkHosts,
      knowledge: knowledge.settings,
      log,
      ...(observer && { observer }),
    };
    const { graceMs, catchUpMs } = settings.operation;
    const { prompts } = settings.assistant;
    const given = {
      ...(queueOf && { queueOf }),
      ...(observer && { observer }),
      ...(tell && { tell }),
      ...(mcp && { mcp }),
    };
    const limits = settings.people;
    return new RunningBot(store, server, turn, { prompts, graceMs, catchUpMs, limits, knowledge, ...given });
  } catch (error) {
    await server.close();
    await store.close();
    throw error;
  }
}

/**
 * The embedded Assistants API over a store, with its model, its code interpreter and what reads documents. Programs may only ask for models
 * that there are; the bot's own assistant is made whatever it names, so that people are told when they ask it.
 */
export function openAssistants(settings: Settings, store: Store, log: Logger, reader: Reader) {
  warnOfUnhosted(settings, log);
  const memory = new SharedMemory(settings.childMemoryBytes);
  const sandbox = createSandbox({
    memory,
    cacheDir: settings.store.dataDir,
    packages: packagesOf(settings),
    limits: { partyProcesses: settings.people.pythonAtOnce ?? Number.POSITIVE_INFINITY },
    onProblem: (error) => log.error({ err: error }, 'Python failed'),
  });
  const containers = containersOf(settings, store);
  const onProblem = (error: unknown) => log.warn({ err: error }, NOT_HOSTED);
  const codeInterpreter = containers ? new HostedInterpreter(sandbox, new LeftBehind(containers)) : sandbox;
  const documents = new ReadingProcesses(LIMITS, wallsHere, memory);
  const quotas = quotasOf(settings, store);
  const assistants = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    ...(store.locks && { locks: store.locks }),
    model: modelOf(settings, containers && { containers, onProblem }),
    ...(containers && { containers }),
    ...(settings.standIn !== undefined && { standIn: settings.standIn }),
    unknownModels: reader === 'programs' && settings.model.api !== 'demo' ? 'refused' : 'taken',
    codeInterpreter,
    quotas,
    fileSearch: {
      index: store.searchIndex,
      documents,
      ...(settings.embeddings && { embeddings: settings.embeddings }),
    },
    ...(settings.assistants.apiKey !== undefined && { apiKeys: [settings.assistants.apiKey] }),
    onError: (error, request) => log.error({ err: error, request }, 'the Assistants API failed'),
    explain: EXPLAIN[reader],
  });
  const warmUp = async () => {
    void tellOfWalls(log);
    const resumed = assistants.resume();
    const isHosted = containers && !(await refusal(containers.api, log));
    if (!isHosted && mayRunCode(settings, reader))
      await sandbox
        .warmUp()
        .catch((error: unknown) => log.warn({ err: error }, 'Python does not start here'));
    await resumed;
  };
  const close = async () => {
    await assistants.close();
    await Promise.all([codeInterpreter.close(), documents.close()]);
    await assistants.end();
  };
  const archive = assistants.archive((namespace, after, limit) => store.page(namespace, after, limit));
  return { ...assistants, archive, quotas, leaveRuns: assistants.close, warmUp, close };
}

/** A Python that waits for the first code takes 225 MB: in vain where no assistant can run any. */
function mayRunCode({ assistant }: Settings, reader: Reader): boolean {
  // Programs bring assistants of their own.
  if (reader === 'programs') return true;
  return assistant.params.tools?.some(({ type }) => type === 'code_interpreter') ?? false;
}

/** Says once which walls stand around Python and the reading of documents; "npm start -- doctor" says what to do. */
async function tellOfWalls(log: Logger): Promise<void> {
  const { construction, standing, refusals } = await wallsHere();
  const walls = { by: construction.name, standing: [...standing], ...(refusals.length > 0 && { refusals }) };
  log.info({ walls }, standing.size > 0 ? 'walls stand around Python' : 'Node.js alone shuts Python in');
}

/** What each reader may be told of a failure. */
export const EXPLAIN: Record<Reader, Explain> = {
  operator: (error) => (error instanceof Problem || error instanceof ModelError ? error.message : undefined),
  team: (error) => (error instanceof Problem ? forTeams(error) : undefined),
  programs: () => undefined,
};

/** Addresses and files are for the log. */
function forTeams(problem: Problem): string {
  return problem instanceof StoreProblem ? problem.told : problem.message;
}

/** What answers are made with, each part by itself: for whoever looks whether it works. */
export function openParts(settings: Settings) {
  const { model } = settings;
  return {
    model: modelOf(settings),
    /** What the provider's list says of a model; undefined for the offline demo, which takes any name. */
    lookUp:
      model.api === 'demo'
        ? undefined
        : (name: string, signal: AbortSignal) => lookUpModel(model, name, signal),
    /** Why code can't run at the provider, if so; undefined where it is not to, or never can. Throws what is told. */
    examineContainers:
      settings.assistant.hostedCode && model.api === 'responses'
        ? (signal: AbortSignal) => examineContainers(new ContainersApi(model), signal)
        : undefined,
    /** Python as the bot runs it, but for its limits. */
    python: (options: Pick<SandboxOptions, 'cacheDir' | 'limits'>) =>
      createSandbox({ packages: packagesOf(settings), ...options }),
    packages: openPackages(settings),
    /** What the operating system keeps Python and the reading of documents from, a sentence each. */
    walls: async () => tellWalls(await wallsHere()),
    pythonBytes: DEFAULT_LIMITS.pythonBytes,
  };
}

export type Parts = ReturnType<typeof openParts>;

/** The packages of people's Python, for whoever installs them. They reject with a `PackageError`. */
export function openPackages(settings: Settings): Packages {
  return new Packages(packagesOf(settings));
}

export { PackageError };

function packagesOf({ python = {}, store }: Settings): PackagesOptions {
  const { packagesUrl: url, packagesLock: lockFile, packagesDir: ready } = python;
  return {
    dataDir: store.dataDir,
    ...(ready !== undefined && { ready }),
    ...(url !== undefined && { url }),
    ...(lockFile !== undefined && { lockFile }),
  };
}

/** How runs are followed: those that a turn starts, and those that it goes on with. */
function runsOf(
  client: OpenAI,
  follow: (client: OpenAI) => RunThread,
  observer: RunObserver | undefined,
): Pick<TurnParts, 'runThread' | 'followRun'> {
  const [runThread, followRun] = [follow(client), begunRun(client)];
  if (!observer) return { runThread, followRun };
  return { runThread: observedRun(runThread, observer), followRun: observedBegun(followRun, observer) };
}

/** The Assistants server of the settings: the embedded one, unless there is another. */
export function openServer(settings: Settings, store: Store, log: Logger, reader: Reader): Server {
  if (!settings.assistants.baseURL) return embeddedServer(settings, store, log, reader);
  warnOfUnhosted(settings, log);
  return { ...remoteServer(settings), quotas: quotasOf(settings, store) };
}

/** How many bytes of files may be made and be sent, each by itself, whichever server keeps them. */
function quotasOf({ files = {} }: Settings, store: Store) {
  const limits = {
    conversation: files.conversationBytes ?? DEFAULT_QUOTAS.conversation,
    day: files.dayBytes ?? DEFAULT_QUOTAS.day,
    days: files.producedDays ?? DEFAULT_QUOTAS.days,
  };
  return {
    produced: new ByteQuota(store.keyv('produced-bytes'), { ...limits, run: DEFAULT_QUOTAS.run }),
    received: new ByteQuota(store.keyv(RECEIVED), limits),
  };
}

/** The server, whose old files, and conversations if the settings say so, are deleted until it is closed. */
function retaining(server: Server, settings: Settings, store: Store, log: Logger): Server {
  const { retentionDays: days } = settings.operation;
  const { client, archive } = server;
  const { dataDir } = settings.store;
  const given = { ...(days && { days }), ...(archive && { archive }) };
  const retention = new Retention({ store, log, client, dataDir, ...given });
  const close = async () => {
    await retention.close();
    await server.close();
  };
  return { ...server, close };
}

function embeddedServer(settings: Settings, store: Store, log: Logger, reader: Reader): Server {
  const assistants = openAssistants(settings, store, log, reader);
  const { fetch, archive, quotas, warmUp, leaveRuns, learn, close } = assistants;
  const apiKey = settings.assistants.apiKey ?? 'embedded';
  const client = new OpenAI({ baseURL: EMBEDDED_URL, apiKey, fetch, maxRetries: 0 });
  return { client, archive, quotas, warmUp, learn, leaveRuns: () => void leaveRuns(), close };
}

function remoteServer({ assistants }: Settings): AssistantsServer {
  const client = new OpenAI({ baseURL: assistants.baseURL, apiKey: assistants.apiKey ?? 'none' });
  return { client, warmUp: () => {}, leaveRuns: () => {}, close: async () => {} };
}

/** Code may run elsewhere than assistant.md says. */
function warnOfUnhosted(settings: Settings, log: Logger): void {
  const reason = settings.assistant.hostedCode && notHosted(settings);
  if (reason !== undefined) log.warn(reason);
}

/** Whether the provider runs no code though it should, which is said. Where nobody can say, it is seen by the first answer. */
async function refusal(api: ContainersApi, log: Logger): Promise<boolean> {
  const reason = await examineContainers(api, AbortSignal.timeout(EXAMINED_WITHIN_MS)).catch(() => undefined);
  if (reason !== undefined) log.warn(`${NOT_HOSTED}: ${reason}`);
  return reason !== undefined;
}

/** The containers at the provider, where code is to run there and can. */
function containersOf({ model, assistant, assistants }: Settings, store: Store): Containers | undefined {
  const { hostedCode } = assistant;
  if (!hostedCode || model.api !== 'responses' || assistants.baseURL !== undefined) return undefined;
  const { memoryLimit: memory } = hostedCode;
  const kept = store.keyv<KeptContainer>('containers');
  return new Containers({ api: new ContainersApi(model), kept, ...(memory && { memory }) });
}

function modelOf(
  { model }: Pick<Settings, 'model'>,
  hosted?: Pick<ResponsesOptions, 'containers' | 'onProblem'>,
): Model {
  switch (model.api) {
    case 'demo':
      return demoModel();
    case 'chat':
      return chatCompletionsModel(model);
    case 'responses':
      return responsesModel({ ...model, ...hosted });
  }
}

/** What the assistant can call of the team's; nothing is loaded before it is needed, or the bot warms up. */
function functionsOf(
  { settings, log, tell, watchesFunctions = false }: BotOptions,
  servers: readonly FunctionSource[] = [],
): Catalogue {
  const { env } = process;
  const modules = new ModuleSource({
    ...settings.functions,
    watches: watchesFunctions,
    log,
    ...(tell && { tell }),
    redact: (text) => secretsOf(env).redact(text),
  });
  return openCatalogue([modules, ...servers], { env, log });
}
