import type { REST } from 'discord.js';
import type { Budget, ClaimedRoom, Replicas } from '../../src/budget.ts';
import { type BudgetObserver, RateBudget } from '../../src/reply/publisher/rate-budget.ts';
import { RateBudgets } from '../../src/reply/publisher/rate-budgets.ts';

/** Of one channel: posts and edits together, threads aside. Not documented; the headers tell what is true. */
const CHANNEL_LIMIT = { calls: 5, perMs: 5_000 };
/**
 * Of the 50 calls a second that a bot has in all, without what discord.js itself may ask meanwhile.
 * https://discord.com/developers/docs/topics/rate-limits#global-rate-limit
 */
const BOT_LIMIT = { calls: 45, perMs: 1_000 };
/** For a call beside the replies, in ms. */
const PATIENCE_MS = 30_000;
/** To read and to delete messages have limits of their own. */
const COUNTED: readonly string[] = ['POST', 'PATCH'];
const MESSAGES = /^\/channels\/(\d+)\/messages(?:\/\d+)?$/;
const THREADS = /^\/channels\/(\d+)\/messages\/\d+\/threads$/;

/** What a reply may call as long as it is open. */
export interface Room {
  readonly budget: Budget;
  /** Gives the place back that is kept for the reply's end. */
  release(): void;
}

/** The budgets that all replies share: two for each channel and one for the bot. */
export class Budgets {
  readonly #channels: RateBudgets;
  readonly #threads: RateBudgets;
  readonly #bot: RateBudget;

  constructor(observer?: BudgetObserver) {
    const watch = observer && { observer };
    this.#channels = new RateBudgets({ name: 'discord channel', limit: CHANNEL_LIMIT, ...watch });
    this.#threads = new RateBudgets({ name: 'discord threads', limit: CHANNEL_LIMIT, ...watch });
    this.#bot = new RateBudget({ name: 'discord bot', limit: BOT_LIMIT, ...watch });
  }

  open(channel: string): Room {
    const budget = this.#channels.of(channel);
    return { budget: RateBudget.all(budget, this.#bot), release: budget.hold() };
  }

  /** Waits until a thread may be started in a channel. */
  async startThread(channel: string): Promise<void> {
    await wait(RateBudget.all(this.#threads.of(channel), this.#bot), 'all');
  }

  /** Waits for a call that nobody waits for, and of which Discord tells no limit before it is passed. */
  async spare(): Promise<void> {
    await wait(this.#bot, 'paced');
  }

  /** Waits for a call without which a reply can't go on, and whose own limit is far away. */
  async read(): Promise<void> {
    await wait(this.#bot, 'all');
  }

  /**
   * Keeps to what one of several processes may use of the bot's limit, which no header tells, until the function that it
   * gives back is called. The limits of channels stay whole: nearly always one process has all of a channel's calls,
   * since a thread and direct messages are one conversation each; and where several do, Discord tells with each answer
   * what the others have used.
   */
  shareWith(replicas: Replicas): () => void {
    this.#bot.share(replicas.count);
    return replicas.onChange((count) => this.#bot.share(count));
  }

  /** Takes in what Discord tells with each of its answers. */
  learnFrom(rest: REST): void {
    rest.on('response', ({ method, path }, { headers }) => {
      const budget = COUNTED.includes(method) ? this.#of(path) : undefined;
      const [limit, remaining, seconds] = ['limit', 'remaining', 'reset-after'].map((name) =>
        Number.parseFloat(headers.get(`x-ratelimit-${name}`) ?? ''),
      );
      if (!budget || !limit || remaining === undefined || !seconds) return;
      budget.learn({ limit, remaining, resetAfterMs: seconds * 1_000 });
    });
  }

  #of(path: string): RateBudget | undefined {
    const [messages, threads] = [MESSAGES.exec(path)?.[1], THREADS.exec(path)?.[1]];
    return messages ? this.#channels.of(messages) : threads ? this.#threads.of(threads) : undefined;
  }
}

async function wait(budget: Budget, room: ClaimedRoom): Promise<void> {
  const claim = { room, urgency: () => 0 };
  if (!(await budget.take(claim, AbortSignal.timeout(PATIENCE_MS))))
    throw new Error(`no room for another call in ${PATIENCE_MS / 1_000} s`);
}
