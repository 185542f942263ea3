import type { REST } from 'discord.js';
import { type Budget, type BudgetObserver, RateBudget, RateBudgets } from '../../src/platform.ts';

/** Posts and edits of one channel together. Not documented: what bots observe; the headers tell what is true. */
const CHANNEL_LIMIT = { calls: 5, perMs: 5_000 };
/**
 * Of the 50 calls a second that a bot has in all, without those that need no budget of ours: typing, threads, files.
 * https://discord.com/developers/docs/topics/rate-limits#global-rate-limit
 */
const BOT_LIMIT = { calls: 40, perMs: 1_000 };
/** discord.js itself holds a bucket closed for 50 ms longer than Discord does; ours opens after that. */
const REOPENING_MS = 75;
const MESSAGES = /^\/channels\/(\d+)\/messages(?:\/\d+)?$/;

/** What a reply may call as long as it is open. */
export interface Room {
  readonly budget: Budget;
  /** Gives the place back that is kept for the reply's end. */
  release(): void;
}

/** The budgets that all replies share: one for each channel and one for the bot. */
export class Budgets {
  readonly #channels: RateBudgets;
  readonly #bot: RateBudget;

  constructor(observer?: BudgetObserver) {
    const watch = observer && { observer };
    this.#channels = new RateBudgets({ name: 'discord channel', limit: CHANNEL_LIMIT, ...watch });
    this.#bot = new RateBudget({ name: 'discord bot', limit: BOT_LIMIT, ...watch });
  }

  open(channel: string): Room {
    const budget = this.#channels.of(channel);
    return { budget: RateBudget.all(budget, this.#bot), release: budget.hold() };
  }

  /** Takes in what Discord tells with each of its answers. */
  learnFrom(rest: REST): void {
    rest.on('response', ({ method, path }, { headers }) => {
      const channel = method === 'DELETE' ? undefined : MESSAGES.exec(path)?.[1];
      const [limit, remaining, seconds] = ['limit', 'remaining', 'reset-after'].map((name) =>
        Number.parseFloat(headers.get(`x-ratelimit-${name}`) ?? ''),
      );
      if (!channel || !limit || remaining === undefined || !seconds) return;
      this.#channels.of(channel).learn({ limit, remaining, resetAfterMs: seconds * 1_000 + REOPENING_MS });
    });
  }
}
