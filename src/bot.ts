import { setTimeout as sleep } from 'node:timers/promises';
import { APIConnectionError, APIError, OpenAI } from 'openai';
import { findAssistant, syncAssistant } from './assistant.ts';
import { createSandbox } from './assistants/code-interpreter/sandbox.ts';
import type { Explain } from './assistants/failures.ts';
import { createAssistants } from './assistants/index.ts';
import { chatCompletionsModel } from './assistants/models/chat-completions.ts';
import { demoModel } from './assistants/models/demo.ts';
import { type Model, ModelError } from './assistants/models/model.ts';
import { responsesModel } from './assistants/models/responses.ts';
import { Inbox } from './conversation/inbox.ts';
import { ConversationQueue } from './conversation/queue.ts';
import { type RunThread, streamedRun } from './conversation/run.ts';
import { ThreadMap } from './conversation/thread-map.ts';
import { type TurnObserver, type TurnParts, takeTurn } from './conversation/turn.ts';
import { type Functions, noFunctions } from './functions/functions.ts';
import type { Logger } from './log.ts';
import { StoreHealth } from './operations/store-health.ts';
import type { Bot, IncomingMessage, Platform, Receipt, SuggestedPrompt } from './platform.ts';
import { Problem } from './problem.ts';
import type { ReplyStyle } from './reply/transcript/render.ts';
import type { Settings } from './settings/settings.ts';
import type { Store } from './store/store.ts';
import { StoreProblem } from './store/store-problem.ts';

/** Where the SDK believes the embedded server to be; its requests never leave the process. */
const EMBEDDED_URL = 'http://embedded.invalid/v1';

/**
 * Within so many milliseconds replies are ended when the process stops: Docker kills it after ten seconds, and a platform
 * that is down would keep it for ever. The last edits have room kept for them, so most take less than one.
 */
const FAREWELL_MS = 6_000;

/** So many conversations are known without a look into the store; those that were used longest ago are looked up again. */
const MAX_KNOWN = 10_000;

/** The Assistants API that the bot talks to: its own, or another server's. */
interface Server {
  client: OpenAI;
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
  follow?: (client: OpenAI, functions: Functions) => RunThread;
  observer?: TurnObserver;
}

/** Puts the parts together. Throws a `Problem` when one of them can't be had. */
export async function openBot(options: BotOptions): Promise<RunningBot> {
  const { settings, store, log, reader, style, follow = streamedRun, observer } = options;
  const server = settings.assistants.baseURL
    ? remoteServer(settings)
    : embeddedServer(settings, store, log, reader);
  try {
    const { client } = server;
    const threads = new ThreadMap(store.keyv('conversations'), client);
    const runSettings = {
      assistant_id: await assistantOf(settings, client, store),
      ...settings.assistant.run,
    };
    const turn = {
      client,
      threads,
      runThread: follow(client, noFunctions),
      runSettings,
      style,
      log,
      ...(observer && { observer }),
    };
    return new RunningBot(store, server, turn, settings.assistant.prompts);
  } catch (error) {
    await server.close();
    await store.close();
    throw error;
  }
}

/** A bot that is ready to take messages. */
export class RunningBot implements Bot {
  readonly store: Store;
  readonly prompts: readonly SuggestedPrompt[];
  readonly #server: Server;
  readonly #turn: TurnParts;
  readonly #inbox: Inbox;
  readonly #health: StoreHealth;
  readonly #farewellMs: number;
  #closed: Promise<void> | undefined;
  readonly #platforms = new Map<string, Platform>();
  /** Conversations that have begun. */
  readonly #known = new Set<string>();
  readonly #queue = new ConversationQueue((messages, signal) => this.#takeTurn(messages, signal));

  constructor(
    store: Store,
    server: Server,
    turn: TurnParts,
    prompts: readonly SuggestedPrompt[],
    farewellMs = FAREWELL_MS,
  ) {
    this.#farewellMs = farewellMs;
    this.store = store;
    this.prompts = prompts;
    this.#server = server;
    this.#turn = turn;
    this.#health = new StoreHealth(store, turn.log);
    this.#inbox = new Inbox(store.keyv('seen'), (error) =>
      turn.log.error({ err: error }, 'a message could not be noted as seen'),
    );
  }

  async connect(platform: Platform): Promise<void> {
    this.add(platform);
    await platform.start(this);
    this.warmUp();
  }

  /** What comes from the platform is answered from here on, and it is closed with the bot. */
  add(platform: Platform): void {
    this.#platforms.set(platform.name, platform);
  }

  /** Gets ready for the first code, in the background. */
  warmUp(): void {
    this.#server.warmUp();
  }

  receive(message: IncomingMessage): Receipt {
    return { kept: Promise.resolve(), answered: this.#queue.push(message) };
  }

  async stop(conversation: string): Promise<boolean> {
    return this.#queue.stop(conversation);
  }

  async renew(conversation: string): Promise<void> {
    this.#queue.stop(conversation);
    await this.#turn.threads.renew(conversation);
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

  /** Why nothing can be kept at the moment, as a sentence for whoever runs the bot; undefined when it can. */
  storeProblem(): Promise<string | undefined> {
    return this.#health.problem();
  }

  /** Stops what runs, says so in the replies as far as that is possible soon, and closes everything. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const patience = new AbortController();
    const late = sleep(this.#farewellMs, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([this.#queue.close(), late]);
    patience.abort();
    await Promise.all([...this.#platforms.values()].map((platform) => platform.close()));
    await this.#server.close();
    this.#health.close();
    await this.store.close();
  }

  #remember(conversation: string): void {
    this.#known.delete(conversation);
    this.#known.add(conversation);
    const [oldest] = this.#known;
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  async #takeTurn(messages: IncomingMessage[], signal: AbortSignal): Promise<void> {
    if (messages[0]) this.#remember(messages[0].conversation);
    try {
      const fresh = await this.#inbox.fresh(messages);
      const platform = this.#platforms.get(fresh[0]?.conversation.split(':')[0] ?? '');
      if (platform) await takeTurn(this.#turn, fresh, platform, signal);
    } catch (error) {
      this.#turn.log.error({ err: error }, 'messages could not be taken');
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
  return { ...assistants, leaveRuns: assistants.close, warmUp, close };
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

function embeddedServer(settings: Settings, store: Store, log: Logger, reader: Reader): Server {
  const { fetch, warmUp, close } = openAssistants(settings, store, log, reader);
  const apiKey = settings.assistants.apiKey ?? 'embedded';
  return { client: new OpenAI({ baseURL: EMBEDDED_URL, apiKey, fetch, maxRetries: 0 }), warmUp, close };
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
