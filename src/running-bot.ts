import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenAI } from 'openai';
import { Erasure } from './conversation/erasure/erasure.ts';
import { Retractions } from './conversation/erasure/retract.ts';
import { KnownConversations } from './conversation/known.ts';
import { Ledger } from './conversation/ledger.ts';
import { Limits, type PersonLimits } from './conversation/limits/limits.ts';
import { SIGNS, TURNS } from './conversation/namespaces.ts';
import { type TakeTurn, TurnWatch } from './conversation/observed-turn.ts';
import { platformOf } from './conversation/people.ts';
import { Questions } from './conversation/questions.ts';
import { Ratings } from './conversation/ratings.ts';
import { Stops } from './conversation/stops.ts';
import { takeTurn } from './conversation/turn/take-turn.ts';
import type { TurnParts } from './conversation/turn/turn-parts.ts';
import { Turns, type TurnTask } from './conversation/turns.ts';
import { Approvals } from './functions/approval/approvals.ts';
import type { McpServers } from './functions/mcp/servers.ts';
import { holding } from './holding.ts';
import { Gaps } from './knowledge/gaps.ts';
import type { Knowledge } from './knowledge/knowledge.ts';
import { logging } from './log.ts';
import { absenceOn } from './operations/absence.ts';
import { ConversationRecords } from './operations/forgetting/conversation-records.ts';
import { StoreHealth } from './operations/health/store-health.ts';
import { LeftSigns } from './operations/left-signs.ts';
import type { TurnObserver } from './operations/metrics/observer.ts';
import { Presence } from './operations/presence.ts';
import type {
  Absence,
  Bot,
  IncomingMessage,
  Platform,
  Rating,
  Receipt,
  SuggestedPrompt,
  Word,
} from './platform.ts';
import type { Queue } from './store/queue.ts';
import type { Store } from './store/store.ts';

/** How long replies may end by themselves when the process stops, in ms, where nothing else is said. */
const GRACE_MS = 5_000;

/**
 * For what is left to another process to be written down, and statuses to be taken away, in ms: a platform or a store that
 * does not answer would keep the process for ever.
 */
const FAREWELL_MS = 3_000;

/** The Assistants API as a bot needs it. */
export interface AssistantsServer {
  client: OpenAI;
  /** Gets ready for the first code, in the background. */
  warmUp(): void;
  /** Leaves the runs to whoever goes on with them, where they would end with this process. */
  leaveRuns(): void;
  close(): Promise<void>;
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
  /** How much one person may have; as much as they like when left out. */
  limits?: PersonLimits;
  observer?: TurnObserver;
  /** What the team knows, which is brought up to date in the background. */
  knowledge?: Knowledge;
  /** Is told of that. */
  tell?: (line: string) => void;
  /** The MCP servers whose tools are among the functions. */
  mcp?: McpServers;
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
  readonly #server: AssistantsServer;
  readonly #turn: TurnParts;
  readonly #options: RunningBotOptions;
  readonly #retractions: Retractions;
  readonly #health: StoreHealth;
  readonly #ledger: Ledger;
  readonly #gaps: Gaps;
  readonly #ratings: Ratings;
  readonly #stops: Stops;
  readonly #approvals: Approvals;
  readonly #presence: Presence;
  readonly #signs: LeftSigns;
  readonly #limits: Limits | undefined;
  readonly #watch: TurnWatch | undefined;
  #closed: Promise<void> | undefined;
  /** By the platforms' names. */
  readonly #desks = new Map<string, Desk>();
  readonly #known: KnownConversations;

  constructor(
    store: Store,
    server: AssistantsServer,
    turn: Omit<TurnParts, 'approvals'>,
    options: RunningBotOptions,
  ) {
    const { log } = turn;
    this.store = store;
    this.prompts = options.prompts;
    this.#server = server;
    const { client, threads } = turn;
    this.#gaps = new Gaps(store);
    const questions = new Questions(client, threads);
    this.#ratings = new Ratings(this.#gaps, questions, log);
    this.#options = options;
    this.#limits = options.limits && new Limits({ limits: options.limits, store, log });
    this.#watch = options.observer && new TurnWatch(options.observer);
    this.#retractions = new Retractions({
      store,
      threads,
      erasure: (signal) => new Erasure(client, signal),
      gaps: this.#gaps,
      records: new ConversationRecords(store),
      stop: (conversation) => this.#stops.stop(conversation),
      onGone: (conversation) => this.#known.delete(conversation),
      log,
    });
    this.#known = new KnownConversations(threads, log);
    this.#health = new StoreHealth(store, log);
    this.#ledger = new Ledger(store.keyv(TURNS), log);
    this.#approvals = new Approvals({
      store,
      ledger: this.#ledger,
      platformOf: (conversation) => this.#deskOf(conversation)?.platform,
      log,
    });
    this.#turn = { ...turn, gaps: { notes: this.#gaps, questions }, approvals: this.#approvals };
    this.#stops = new Stops(store.signals, store.replicas, (conversation) => this.#stopHere(conversation));
    void this.#retractions.goOn();
    this.#presence = new Presence(store, (error) =>
      log.warn({ err: error }, 'until when people were heard could not be noted'),
    );
    this.#signs = new LeftSigns(store.keyv(SIGNS), (error) =>
      log.warn({ err: error }, 'where a sign of work was left could not be noted'),
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
    const limits = this.#limits;
    const turns = new Turns({
      queue,
      ...(limits && { gate: () => limits.gate(platform) }),
      ledger: this.#ledger,
      keepsFirst: platform.keepsFirst,
      takeTurn: (task) => this.#takeTurn(task, platform),
      onOver: (messages) => this.#retractions.settle(messages),
      log: this.#turn.log,
    });
    this.#desks.set(platform.name, { platform, queue, turns });
  }

  /** The platform is connected: what waits there is answered, first what other processes have left. */
  async takeUp(platform: string): Promise<void> {
    const desk = this.#desks.get(platform);
    await desk?.turns.start();
    if (desk) this.#presence.begin(desk.platform);
  }

  /** Gets ready for the first code and call, and reads what is new of the team's documents, in the background. */
  warmUp(): void {
    this.#server.warmUp();
    void this.#turn.functions.ready();
    this.#options.knowledge?.begin(this.#options.tell);
  }

  get knowledge(): Knowledge | undefined {
    return this.#options.knowledge;
  }

  get mcp(): McpServers | undefined {
    return this.#options.mcp;
  }

  receive(message: IncomingMessage): Receipt {
    this.#known.add(message.conversation);
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

  async renew(conversation: string): Promise<boolean> {
    const isAnswered = await this.#stops.stop(conversation);
    if (!isAnswered && !(await this.#known.has(conversation))) return false;
    await this.#turn.threads.renew(conversation);
    await this.#gaps.forget(conversation);
    return true;
  }

  retract(conversation: string, message: string): Promise<void> {
    return this.#retractions.retract(conversation, message);
  }

  vanish(...what: Parameters<Bot['vanish']>): Promise<void> {
    return this.#retractions.vanish(...what);
  }

  rate(rating: Rating): void {
    this.#turn.log.info(rating, 'a reply was rated');
    void this.#ratings.take(rating);
  }

  objection(to: Parameters<Bot['objection']>[0]): Promise<string | undefined> {
    return this.#approvals.objection(to);
  }

  decide(word: Word): Promise<string | undefined> {
    return this.#approvals.decide(word);
  }

  knows(conversation: string): Promise<boolean> {
    return this.#known.has(conversation);
  }

  signOfWork(...about: Parameters<Bot['signOfWork']>): void {
    this.#signs.note(...about);
  }

  async absence(platform: string): Promise<Absence | undefined> {
    const { catchUpMs = 0 } = this.#options;
    const desk = this.#desks.get(platform);
    const [presence, signs] = [this.#presence, this.#signs];
    const { replicas } = this.store;
    return desk && absenceOn(platform, { presence, signs, queue: desk.queue, replicas, catchUpMs });
  }

  /** Why nothing can be kept at the moment, as a sentence for whoever runs the bot; undefined when it can. */
  storeProblem(): Promise<string | undefined> {
    return this.#health.problem();
  }

  /** Lets replies end for a moment, leaves those that don't to whoever comes next, and closes everything. */
  close(): Promise<void> {
    this.#closed ??= holding(() => this.#close());
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { graceMs = GRACE_MS } = this.#options;
    const desks = [...this.#desks.values()];
    const patience = new AbortController();
    const late = sleep(graceMs + FAREWELL_MS, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([this.#leave(desks, graceMs), late]);
    patience.abort();
    this.#presence.silence();
    await Promise.all(desks.map(({ platform }) => platform.close()));
    await this.#presence.close();
    await this.#signs.close();
    await this.#retractions.close();
    await this.#turn.threads.close();
    await this.#ratings.taken();
    await this.#options.knowledge?.close();
    await this.#turn.functions.close();
    await this.#options.mcp?.close();
    await this.#server.close();
    this.#stops.close();
    this.#health.close();
    await this.store.close();
  }

  /** Runs are left with their turns: what a turn still asks for would be refused. */
  async #leave(desks: readonly Desk[], graceMs: number): Promise<void> {
    await Promise.all(desks.map(({ turns }) => turns.end(graceMs)));
    const left = desks.map(({ turns }) => turns.leave());
    this.#server.leaveRuns();
    await Promise.all(left);
  }

  #deskOf(conversation: string): Desk | undefined {
    return this.#desks.get(platformOf(conversation));
  }

  #stopHere(conversation: string): boolean {
    return this.#deskOf(conversation)?.turns.stop(conversation) ?? false;
  }

  async #takeTurn(task: TurnTask, platform: Platform): Promise<'over' | 'left'> {
    const [first] = task.messages;
    if (first) this.#known.add(first.conversation);
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
