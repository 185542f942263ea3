import { setTimeout as sleep } from 'node:timers/promises';
import { APIConnectionError, APIError, OpenAI } from 'openai';
import { findAssistant, syncAssistant } from './assistant.ts';
import { DEFAULT_LIMITS } from './assistants/code-interpreter/limits.ts';
import { createSandbox, type SandboxOptions } from './assistants/code-interpreter/sandbox.ts';
import type { Explain } from './assistants/failures.ts';
import { createAssistants } from './assistants/index.ts';
import { chatCompletionsModel } from './assistants/models/chat-completions.ts';
import { demoModel } from './assistants/models/demo.ts';
import { type Model, ModelError } from './assistants/models/model.ts';
import { lookUpModel } from './assistants/models/remote/list-models.ts';
import { responsesModel } from './assistants/models/responses.ts';
import { Erasure } from './conversation/erasure.ts';
import { Ledger } from './conversation/ledger.ts';
import { CONVERSATIONS, TURNS } from './conversation/namespaces.ts';
import { observedBegun, observedRun } from './conversation/observed-run.ts';
import { type TakeTurn, TurnWatch } from './conversation/observed-turn.ts';
import { Retractions } from './conversation/retract.ts';
import { begunRun, type RunThread, streamedRun } from './conversation/run.ts';
import { Stops } from './conversation/stops.ts';
import { ThreadMap } from './conversation/thread-map.ts';
import { type TurnParts, takeTurn } from './conversation/turn.ts';
import { Turns, type TurnTask } from './conversation/turns.ts';
import { noFunctions } from './functions/functions.ts';
import { type Logger, logging } from './log.ts';
import type { RunObserver, TurnObserver } from './operations/observer.ts';
import { Presence } from './operations/presence.ts';
import { type OldThings, Retention } from './operations/retention.ts';
import { StoreHealth } from './operations/store-health.ts';
import type { Absence, Bot, IncomingMessage, Platform, Receipt, SuggestedPrompt } from './platform.ts';
import { Problem } from './problem.ts';
import type { ReplyStyle } from './reply/transcript/render.ts';
import type { Settings } from './settings/settings.ts';
import type { Queue } from './store/queue.ts';
import type { Store } from './store/store.ts';
import { StoreProblem } from './store/store-problem.ts';

/** Where the SDK believes the embedded server to be; its requests never leave the process. */
const EMBEDDED_URL = 'http://embedded.invalid/v1';

/** How long replies may end by themselves when the process stops, in ms, where nothing else is said. */
const GRACE_MS = 5_000;

/**
 * For what is left to another process to be written down, and statuses to be taken away, in ms: a platform or a store that
 * does not answer would keep the process for ever.
 */
const FAREWELL_MS = 3_000;

/** So many conversations are known without a look into the store; those that were used longest ago are looked up again. */
const MAX_KNOWN = 10_000;

/** Conversations that were used within so many milliseconds are looked at after nobody was there to hear. */
const LATELY_MS = 26 * 60 * 60 * 1_000;

/** The Assistants API that the bot talks to: its own, or another server's. */
interface Server {
  client: OpenAI;
  /** All that it ever kept; another server's can't be looked through. */
  archive?: OldThings & { threads(): AsyncIterable<{ id: string; metadata: unknown }> };
  /** Gets ready for the first code, in the background. */
  warmUp(): void;
  close(): Promise<void>;
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
}

/** Puts the parts together. Throws a `Problem` when one of them can't be had. */
export async function openBot(options: BotOptions): Promise<RunningBot> {
  const { settings, store, log, reader, style, follow = streamedRun, queueOf, observer } = options;
  const server = retaining(openServer(settings, store, log, reader), settings, store, log);
  try {
    const { client } = server;
    const threads = new ThreadMap(store.keyv(CONVERSATIONS), client);
    const runSettings = {
      assistant_id: await assistantOf(settings, client, store),
      ...settings.assistant.run,
    };
    const turn = {
      client,
      threads,
      ...runsOf(client, follow, observer),
      functions: noFunctions,
      runSettings,
      style,
      log,
      ...(observer && { observer }),
    };
    const { graceMs, catchUpMs } = settings.operation;
    const { prompts } = settings.assistant;
    const given = { ...(queueOf && { queueOf }), ...(observer && { observer }) };
    return new RunningBot(store, server, turn, { prompts, graceMs, catchUpMs, ...given });
  } catch (error) {
    await server.close();
    await store.close();
    throw error;
  }
}

/** What of a bot is a matter of its surroundings. */
export interface RunningBotOptions {
  prompts: readonly SuggestedPrompt[];
  /** Where a platform's messages wait; in the store when left out. */
  queueOf?: (platform: string) => Queue<IncomingMessage>;
  /** How long replies may end by themselves when it is closed. */
  graceMs?: number;
  /** How old may be what is answered after nobody was there to hear it; 0 for never. */
  catchUpMs?: number;
  observer?: TurnObserver;
}

/** A platform, and its conversations. */
interface Desk {
  readonly platform: Platform;
  readonly queue: Queue<IncomingMessage>;
  readonly turns: Turns;
}

/** A bot that is ready to take messages. */
export class RunningBot implements Bot {
  readonly store: Store;
  readonly prompts: readonly SuggestedPrompt[];
  readonly #server: Server;
  readonly #turn: TurnParts;
  readonly #options: RunningBotOptions;
  readonly #retractions: Retractions;
  readonly #health: StoreHealth;
  readonly #ledger: Ledger;
  readonly #stops: Stops;
  readonly #presence: Presence;
  readonly #watch: TurnWatch | undefined;
  #closed: Promise<void> | undefined;
  /** By the platforms' names. */
  readonly #desks = new Map<string, Desk>();
  /** Conversations that have begun. */
  readonly #known = new Set<string>();

  constructor(store: Store, server: Server, turn: TurnParts, options: RunningBotOptions) {
    const { log } = turn;
    this.store = store;
    this.prompts = options.prompts;
    this.#server = server;
    this.#turn = turn;
    this.#options = options;
    this.#watch = options.observer && new TurnWatch(options.observer);
    const { client, threads } = turn;
    this.#retractions = new Retractions({ store, threads, erasure: new Erasure(client), log });
    void this.#retractions.goOn();
    this.#health = new StoreHealth(store, log);
    this.#ledger = new Ledger(store.keyv(TURNS), log);
    this.#stops = new Stops(store.signals, store.replicas, (conversation) => this.#stopHere(conversation));
    this.#presence = new Presence(store.keyv('heard'), (error) =>
      log.warn({ err: error }, 'until when people were heard could not be noted'),
    );
  }

  async connect(platform: Platform): Promise<void> {
    this.add(platform);
    await platform.start(this);
    await this.takeUp(platform.name);
    this.warmUp();
  }

  /** What comes from the platform is kept from here on, and it is closed with the bot. */
  add(platform: Platform): void {
    const { queueOf = (name) => this.store.queue(name) } = this.#options;
    const queue = queueOf(platform.name);
    const turns = new Turns({
      queue,
      ledger: this.#ledger,
      takeTurn: (task) => this.#takeTurn(task, platform),
      onOver: (messages) => this.#retractions.settle(messages),
      log: this.#turn.log,
    });
    this.#desks.set(platform.name, { platform, queue, turns });
  }

  /** The platform is connected: what waits there is answered, first what other processes have left. */
  async takeUp(platform: string): Promise<void> {
    await this.#desks.get(platform)?.turns.start();
    this.#presence.begin(platform);
  }

  /** Gets ready for the first code, in the background. */
  warmUp(): void {
    this.#server.warmUp();
  }

  receive(message: IncomingMessage): Receipt {
    this.#remember(message.conversation);
    this.#watch?.arrived(message);
    const desk = this.#deskOf(message.conversation);
    if (desk) return desk.turns.receive(message);
    this.#turn.log.error(
      { conversation: message.conversation },
      'a message came from no platform that there is',
    );
    return { kept: Promise.resolve(), answered: Promise.resolve() };
  }

  stop(conversation: string): Promise<boolean> {
    return this.#stops.stop(conversation);
  }

  async renew(conversation: string): Promise<void> {
    await this.#stops.stop(conversation);
    await this.#turn.threads.renew(conversation);
  }

  retract(conversation: string, message: string): Promise<void> {
    return this.#retractions.retract(conversation, message);
  }

  rate(conversation: string, person: string, opinion: 'good' | 'bad'): void {
    this.#turn.log.info({ conversation, person, opinion }, 'a reply was rated');
  }

  async knows(conversation: string): Promise<boolean> {
    if (this.#known.has(conversation)) return true;
    try {
      const isKnown = await this.#turn.threads.has(conversation);
      if (isKnown) this.#remember(conversation);
      return isKnown;
    } catch (error) {
      // Who spoke to the bot is answered all the same; only who did so long ago would need to call it again.
      this.#turn.log.error(
        { err: error, conversation },
        'whether a conversation has begun could not be looked up',
      );
      return false;
    }
  }

  async absence(platform: string): Promise<Absence | undefined> {
    const { catchUpMs = 0 } = this.#options;
    const heard = await this.#presence.lastHeard(platform);
    const desk = this.#desks.get(platform);
    if (heard === undefined || catchUpMs === 0 || !desk) return undefined;
    const now = Date.now();
    const since = Math.max(heard, now - catchUpMs);
    return { since, conversations: await desk.queue.keysSince(now - LATELY_MS) };
  }

  /** Why nothing can be kept at the moment, as a sentence for whoever runs the bot; undefined when it can. */
  storeProblem(): Promise<string | undefined> {
    return this.#health.problem();
  }

  /** Lets replies end for a moment, leaves those that don't to whoever comes next, and closes everything. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { graceMs = GRACE_MS } = this.#options;
    const desks = [...this.#desks.values()];
    const patience = new AbortController();
    const late = sleep(graceMs + FAREWELL_MS, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([Promise.all(desks.map(({ turns }) => turns.close(graceMs))), late]);
    patience.abort();
    await Promise.all(desks.map(({ platform }) => platform.close()));
    await this.#presence.close();
    await this.#server.close();
    this.#stops.close();
    this.#health.close();
    await this.store.close();
  }

  #deskOf(conversation: string): Desk | undefined {
    return this.#desks.get(conversation.split(':')[0] ?? '');
  }

  #stopHere(conversation: string): boolean {
    return this.#deskOf(conversation)?.turns.stop(conversation) ?? false;
  }

  #remember(conversation: string): void {
    this.#known.delete(conversation);
    this.#known.add(conversation);
    const [oldest] = this.#known;
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  async #takeTurn(task: TurnTask, platform: Platform): Promise<'over' | 'left'> {
    const [first] = task.messages;
    if (first) this.#remember(first.conversation);
    try {
      const messages = await this.#retractions.standing(task);
      if (messages.length === 0) return 'over';
      const about = { conversation: first?.conversation ?? '', turn: first?.id ?? '' };
      const standing = { ...task, messages };
      const take: TakeTurn = (task, platform) => takeTurn(this.#turn, task, platform);
      return await logging(
        about,
        () => this.#watch?.take(take, standing, platform) ?? take(standing, platform),
      );
    } catch (error) {
      this.#turn.log.error(
        { err: error, conversation: first?.conversation },
        'messages could not be answered',
      );
      return 'over';
    }
  }
}

/**
 * The embedded Assistants API over a store, with its model and its code interpreter. Programs may only ask for models
 * that there are; the bot's own assistant is made whatever it names, so that people are told when they ask it.
 */
export function openAssistants(settings: Settings, store: Store, log: Logger, reader: Reader) {
  const codeInterpreter = createSandbox({
    cacheDir: settings.store.dataDir,
    onProblem: (error) => log.error({ err: error }, 'Python failed'),
  });
  const assistants = createAssistants({
    keyv: (namespace) => store.keyv(namespace),
    ...(store.locks && { locks: store.locks }),
    model: modelOf(settings),
    ...(settings.standIn !== undefined && { standIn: settings.standIn }),
    unknownModels: reader === 'programs' && settings.model.api !== 'demo' ? 'refused' : 'taken',
    codeInterpreter,
    ...(settings.assistants.apiKey !== undefined && { apiKeys: [settings.assistants.apiKey] }),
    onError: (error, request) => log.error({ err: error, request }, 'the Assistants API failed'),
    explain: EXPLAIN[reader],
  });
  const warmUp = () =>
    codeInterpreter
      .warmUp()
      .catch((error: unknown) => log.warn({ err: error }, 'Python does not start here'));
  const close = async () => {
    await assistants.close();
    await codeInterpreter.close();
  };
  const archive = assistants.archive((namespace, after, limit) => store.page(namespace, after, limit));
  return { ...assistants, archive, leaveRuns: assistants.close, warmUp, close };
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
    /** Python as the bot runs it, but for its limits. */
    python: (options: Pick<SandboxOptions, 'cacheDir' | 'limits'>) => createSandbox(options),
    pythonBytes: DEFAULT_LIMITS.pythonBytes,
  };
}

export type Parts = ReturnType<typeof openParts>;

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
  return settings.assistants.baseURL ? remoteServer(settings) : embeddedServer(settings, store, log, reader);
}

/** The server, whose old conversations are deleted until it is closed, if the settings say so. */
function retaining(server: Server, settings: Settings, store: Store, log: Logger): Server {
  const days = settings.operation.retentionDays;
  if (days === undefined) return server;
  const { client, archive } = server;
  const { dataDir } = settings.store;
  const retention = new Retention({ days, store, log, client, dataDir, ...(archive && { archive }) });
  const close = async () => {
    await retention.close();
    await server.close();
  };
  return { ...server, close };
}

function embeddedServer(settings: Settings, store: Store, log: Logger, reader: Reader): Server {
  const { fetch, archive, warmUp, close } = openAssistants(settings, store, log, reader);
  const apiKey = settings.assistants.apiKey ?? 'embedded';
  const client = new OpenAI({ baseURL: EMBEDDED_URL, apiKey, fetch, maxRetries: 0 });
  return { client, archive, warmUp, close };
}

function remoteServer({ assistants }: Settings): Server {
  const client = new OpenAI({ baseURL: assistants.baseURL, apiKey: assistants.apiKey ?? 'none' });
  return { client, warmUp: () => {}, close: async () => {} };
}

function modelOf({ model }: Settings): Model {
  switch (model.api) {
    case 'demo':
      return demoModel();
    case 'chat':
      return chatCompletionsModel(model);
    case 'responses':
      return responsesModel(model);
  }
}

async function assistantOf(settings: Settings, client: OpenAI, store: Store): Promise<string> {
  const { assistantId, baseURL } = settings.assistants;
  try {
    if (assistantId) return await findAssistant(client, assistantId);
    return await syncAssistant(
      client,
      store.keyv('assistants-made'),
      baseURL ?? 'embedded',
      settings.assistant.params,
    );
  } catch (error) {
    if (!baseURL || !(error instanceof APIError)) throw error;
    const reason =
      error instanceof APIConnectionError ? 'could not be reached' : `answered: ${error.message}`;
    throw new Problem(`ASSISTANTS_BASE_URL, ${baseURL}, ${reason}. Check it and ASSISTANTS_API_KEY.`, {
      cause: error,
    });
  }
}
