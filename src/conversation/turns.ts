import { setTimeout as sleep } from 'node:timers/promises';
import { KeyedQueue } from '../keyed-queue.ts';
import type { Logger } from '../log.ts';
import { persist, SHORT_OUTAGE_MS } from '../persist.ts';
import type { IncomingMessage, Receipt } from '../platform.ts';
import type { Claim, Entry, Queue } from '../store/queue.ts';
import type { Ledger, LedgerEntry, TurnRecord } from './ledger.ts';
import type { Gate } from './limits/gate.ts';
import type { HeldPlaces } from './limits/held-places.ts';

/** A process takes up its own messages at once; what it has not taken by then, in ms, another one answers. */
const TAKEN_ELSEWHERE_MS = 3_000;

/** While people wait for a place, messages of others that came to another process are looked for so often, in ms. */
const LOOK_MS = 3_000;

const NEVER = new AbortController().signal;

/** Messages of one conversation that are to be answered by one run. */
export interface TurnTask {
  readonly messages: IncomingMessage[];
  readonly entry: LedgerEntry;
  /** Set when another process may have begun the turn. */
  readonly begun?: Begun;
  /** The messages could not be kept, however long that was tried: their author is to be told soon. */
  readonly isUnkept?: true;
  /** Whether people have written more, which waits for the turn to be over; left out where that can't be told. */
  readonly hasNewer?: () => Promise<boolean>;
  /** Somebody asks to stop. */
  readonly stop: AbortSignal;
  /** This process lets go of the turn: another one goes on with it. */
  readonly leave: AbortSignal;
  /** Waits for what a person has to say, and takes none of the asker's places meanwhile; simply waits when left out. */
  readonly rest?: <T>(wait: () => Promise<T>) => Promise<T>;
  /** Who asked first has no limits. */
  readonly isUnlimited?: boolean;
}

/** A turn that was begun, and what was kept of it; nothing, where the process died too soon. */
export interface Begun {
  readonly record: TurnRecord | undefined;
}

/** Answers some messages of one conversation. Says whether the turn is over, or left to another process. Never rejects. */
export type TakeTurn = (task: TurnTask) => Promise<'over' | 'left'>;

export interface TurnsOptions {
  queue: Queue<IncomingMessage>;
  ledger: Ledger;
  takeTurn: TakeTurn;
  /** Whether replies have each post kept before they make it. */
  keepsFirst?: true | undefined;
  /** What each conversation's messages have to pass; nothing when left out. */
  gate?: () => Gate;
  /** Is told of a turn's messages once it is over and the queue holds them no more. Never rejects. */
  onOver?: (messages: readonly IncomingMessage[]) => Promise<void>;
  log: Logger;
}

interface Line {
  turn: AbortController;
  /** Resolved when a message has come to this process. */
  news: PromiseWithResolvers<void>;
  /** Ends when this process has nothing left to answer in the conversation. */
  over: Promise<void>;
}

/** What waits in a conversation that this process has. */
interface Waiting {
  readonly claim: Claim<IncomingMessage>;
  readonly gate: Gate | undefined;
  readonly waiting: readonly Entry<IncomingMessage>[];
  readonly begun: Begun | undefined;
  readonly leave: AbortSignal;
}

/** How this process has a conversation for a turn. */
interface Hold {
  readonly leave: AbortSignal;
  readonly lost: AbortSignal;
  readonly begun?: Begun | undefined;
}

/** What of it is answered now, and what is not at all; neither where others may have written meanwhile. */
interface Admitted {
  readonly entries: readonly Entry<IncomingMessage>[];
  readonly refused: readonly Entry<IncomingMessage>[];
  readonly places?: HeldPlaces;
  readonly isUnlimited?: boolean;
}

/**
 * One turn at a time for each conversation. Messages that arrive during a turn wait, and one following turn answers them
 * all, in the order in which they came. Each is kept until its turn is over.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #lines = new Map<string, Line>();
  /** Turns of messages that could not be kept come between those of the queue. */
  readonly #order = new KeyedQueue();
  /** Who waits for this process to take up a conversation. */
  readonly #arrivals = new Map<string, Set<(over: Promise<void>) => void>>();
  readonly #leaving = new AbortController();
  readonly #closing = new AbortController();

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Takes up what waits, that which other processes have left first. */
  start(): Promise<void> {
    return this.#options.queue.start((claim) => this.#work(claim));
  }

  /** Keeps a message, once for each id. */
  receive(message: IncomingMessage): Receipt {
    const { conversation } = message;
    const { promise: taken, resolve: take } = Promise.withResolvers<Promise<void> | undefined>();
    const waiting = this.#arrivals.get(conversation) ?? new Set();
    this.#arrivals.set(conversation, waiting.add(take));
    const put = this.#put(message).then((isNew) => {
      const line = this.#lines.get(conversation);
      line?.news.resolve();
      if (line || !isNew) take(line?.over);
      else void sleep(TAKEN_ELSEWHERE_MS, undefined, { ref: false }).then(take);
    });
    const answered = taken.then((over) => {
      waiting.delete(take);
      if (waiting.size === 0) this.#arrivals.delete(conversation);
      return over;
    });
    return { kept: put, answered };
  }

  /** Stops the conversation's turn, if this process takes it; says so. What waits behind it is answered next. */
  stop(conversation: string): boolean {
    const line = this.#lines.get(conversation);
    line?.turn.abort();
    return line !== undefined;
  }

  /** Begins no more turns, and lets those that run end by themselves for so long. */
  async end(graceMs: number): Promise<void> {
    this.#closing.abort();
    await this.#options.queue.stop();
    const patience = new AbortController();
    const late = sleep(graceMs, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([this.#idle(), late]);
    patience.abort();
  }

  /** Leaves the turns that are not over to other processes. */
  async leave(): Promise<void> {
    this.#leaving.abort();
    await this.#idle();
  }

  async #idle(): Promise<void> {
    await Promise.all([...this.#lines.values()].map(({ over }) => over));
  }

  /** Whether the message is new; also when it could not be kept, and its author is told so. */
  async #put(message: IncomingMessage): Promise<boolean> {
    const { conversation, id } = message;
    const entry = { id: `${conversation} ${id}`, key: conversation, data: message };
    try {
      const isNew = await persist(() => this.#options.queue.put(entry), {
        signal: NEVER,
        withinMs: SHORT_OUTAGE_MS,
        onError: (error) => this.#options.log.warn({ err: error }, 'a message could not be kept yet'),
      });
      return isNew ?? false;
    } catch (error) {
      this.#options.log.error({ err: error, conversation }, 'a message could not be kept');
      // Neither kept nor told: what its platform delivers again, another process hears.
      if (this.#closing.signal.aborted) return new Promise(() => {});
      this.#run(conversation, () => this.#answerUnkept(message));
      return true;
    }
  }

  async #work(claim: Claim<IncomingMessage>): Promise<void> {
    await this.#run(claim.key, () => this.#answerAll(claim));
  }

  #run(conversation: string, answer: () => Promise<void>): Promise<void> {
    const over = this.#order.run(conversation, answer).finally(() => {
      if (this.#lines.get(conversation) === line) this.#lines.delete(conversation);
    });
    const line: Line = { turn: new AbortController(), news: Promise.withResolvers(), over };
    this.#lines.set(conversation, line);
    for (const take of this.#arrivals.get(conversation) ?? []) take(over);
    return over;
  }

  async #answerAll(claim: Claim<IncomingMessage>): Promise<void> {
    const leave = AbortSignal.any([this.#leaving.signal, claim.lost]);
    const gate = this.#options.gate?.();
    let mayBeBegun = claim.isTakenOver;
    while (!this.#closing.signal.aborted && !leave.aborted) {
      const waiting = await this.#surely(() => claim.entries(), leave);
      if (!waiting || waiting.length === 0) return;
      const begun = mayBeBegun ? await this.#begun(claim.key, waiting, leave) : undefined;
      const passed = await this.#pass({ claim, gate, waiting, begun, leave });
      if (!passed) return;
      const { entries, refused, places, isUnlimited = false } = passed;
      if (refused.length > 0) await this.#end(claim, refused, leave);
      if (entries.length === 0) continue;
      mayBeBegun = false;
      const hasNewer = async () => (await claim.entries()).length > waiting.length;
      const task = {
        ...this.#task(claim.key, entries, { leave, lost: claim.lost, begun }),
        hasNewer,
        isUnlimited,
        ...(places && { rest: places.rest.bind(places) }),
      };
      const end = await this.#options.takeTurn(task);
      await places?.release();
      if (end === 'left') return;
      this.#endTurn(claim.key);
      await this.#end(claim, entries, leave, task.entry);
    }
  }

  /** What of that which waits is answered now, and what is not at all; undefined when this process begins no more turns. */
  async #pass({ claim, gate, waiting, begun, leave }: Waiting): Promise<Admitted | undefined> {
    const found = begun?.record ? ofTurn(waiting, begun.record) : waiting;
    if (!gate) return { entries: found, refused: [] };
    const line = this.#lines.get(claim.key);
    if (line) line.news = Promise.withResolvers();
    const [stopped, looked] = [line?.turn.signal ?? NEVER, new AbortController()];
    const late = sleep(LOOK_MS, undefined, { signal: looked.signal }).catch(() => {});
    const asked = {
      messages: found.map(({ data }) => data),
      begun: begun?.record ? ('surely' as const) : begun && ('maybe' as const),
      signal: AbortSignal.any([leave, this.#closing.signal, stopped]),
      news: Promise.race([line?.news.promise ?? late, late]),
    };
    claim.idle(true);
    const passed = await this.#surely(() => gate.pass(asked), asked.signal);
    claim.idle(false);
    looked.abort();
    if (leave.aborted || this.#closing.signal.aborted) {
      await passed?.places.release();
      return undefined;
    }
    const of = (messages: readonly IncomingMessage[]) => found.filter(({ data }) => messages.includes(data));
    return passed
      ? { ...passed, entries: of(passed.now), refused: of(passed.refused) }
      : { entries: found, refused: [] };
  }

  /** Nothing is left to do for these: the queue holds them no more. */
  async #end(
    claim: Claim<IncomingMessage>,
    entries: readonly Entry<IncomingMessage>[],
    leave: AbortSignal,
    record?: LedgerEntry,
  ): Promise<void> {
    const { log, onOver } = this.#options;
    await this.#surely(() => claim.done(entries.map(({ id }) => id)), leave);
    await record?.close().catch((error: unknown) => log.warn({ err: error }, 'a turn’s record stays'));
    await onOver?.(entries.map(({ data }) => data));
  }

  async #answerUnkept(message: IncomingMessage): Promise<void> {
    const entry = { id: message.id, key: message.conversation, data: message };
    // Nobody could go on with it.
    const { leave: stop, ...task } = this.#task(message.conversation, [entry], {
      leave: this.#leaving.signal,
      lost: NEVER,
    });
    await this.#options.takeTurn({
      ...task,
      isUnkept: true,
      stop: AbortSignal.any([task.stop, stop]),
      leave: NEVER,
    });
  }

  /** What is kept of the turn that was begun with what waits; a record of messages that were answered is an earlier one's. */
  async #begun(
    conversation: string,
    waiting: readonly Entry<IncomingMessage>[],
    leave: AbortSignal,
  ): Promise<Begun> {
    const { ledger } = this.#options;
    const found = await this.#surely(async () => ({ record: await ledger.find(conversation) }), leave);
    const isOfThese = found?.record && ofTurn(waiting, found.record).length > 0;
    return { record: isOfThese ? found.record : undefined };
  }

  #task(
    conversation: string,
    entries: readonly Entry<IncomingMessage>[],
    { leave, lost, begun }: Hold,
  ): TurnTask {
    const turn = this.#lines.get(conversation)?.turn ?? new AbortController();
    const messages = entries.map(({ data }) => data);
    const ids = messages.map(({ id }) => id);
    const { ledger, keepsFirst } = this.#options;
    const kept = begun ? begun.record : keepsFirst && { keepsFirst };
    const entry = ledger.open(conversation, { attempts: 0, ...kept, messages: ids }, lost);
    return { messages, entry, stop: turn.signal, leave, ...(begun && { begun }) };
  }

  /** Who asks to stop from now on means the next turn. */
  #endTurn(conversation: string): void {
    const line = this.#lines.get(conversation);
    if (line) line.turn = new AbortController();
  }

  /** Tries until it works; undefined when this process has to leave before. */
  #surely<T>(task: () => Promise<T>, leave: AbortSignal): Promise<T | undefined> {
    const onError = (error: unknown) =>
      this.#options.log.error({ err: error }, 'the queue fails, and is tried again');
    return persist(task, { signal: leave, onError });
  }
}

/** Of what waits, the messages that the turn answers. */
function ofTurn(
  waiting: readonly Entry<IncomingMessage>[],
  { messages }: TurnRecord,
): readonly Entry<IncomingMessage>[] {
  const ids = new Set(messages);
  return waiting.filter(({ data }) => ids.has(data.id));
}
