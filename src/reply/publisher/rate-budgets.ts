import type { RateLimit } from './believed-limit.ts';
import { RateBudget, type RateBudgetOptions } from './rate-budget.ts';

/** Fewer budgets than these are not worth looking through for idle ones. */
const FEW = 100;

export interface RateBudgetsOptions extends RateBudgetOptions {
  /**
   * A stricter limit, for where a platform gives no number: all budgets of the kind keep to it once one of them is
   * refused, so that each need not find out for itself.
   */
  refusedLimit?: RateLimit;
}

/** Budgets of one kind by what each is for, such as a channel. Those that are idle are forgotten. */
export class RateBudgets {
  readonly #options: RateBudgetOptions;
  readonly #refusedLimit: RateLimit | undefined;
  #limit: RateLimit;
  #replicas = 1;
  readonly #budgets = new Map<string, RateBudget>();
  #sweepAt = FEW;

  constructor({ refusedLimit, ...options }: RateBudgetsOptions) {
    this.#options = options;
    this.#refusedLimit = refusedLimit;
    this.#limit = options.limit;
  }

  /** The one budget for `key`, as long as somebody uses it or holds a place in it. */
  of(key: string): RateBudget {
    const known = this.#budgets.get(key);
    if (known) return known;
    if (this.#budgets.size >= this.#sweepAt) this.#sweep();
    const onRefused = () => this.#refused();
    const budget = new RateBudget({ ...this.#options, limit: this.#limit, onRefused });
    if (this.#replicas > 1) budget.share(this.#replicas);
    this.#budgets.set(key, budget);
    return budget;
  }

  /** Each keeps to what one of so many processes may use of its limit, from now on. */
  share(count: number): void {
    this.#replicas = count;
    for (const budget of this.#budgets.values()) budget.share(count);
  }

  /** How many are remembered. */
  get size(): number {
    return this.#budgets.size;
  }

  #refused(): void {
    const limit = this.#refusedLimit;
    if (!limit || this.#limit === limit) return;
    this.#limit = limit;
    for (const budget of this.#budgets.values()) budget.restrict(limit);
  }

  #sweep(): void {
    for (const [key, budget] of this.#budgets) if (budget.isIdle) this.#budgets.delete(key);
    this.#sweepAt = Math.max(FEW, this.#budgets.size * 2);
  }
}
