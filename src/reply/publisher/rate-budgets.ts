import { RateBudget, type RateBudgetOptions } from './rate-budget.ts';

/** Fewer budgets than these are not worth looking through for idle ones. */
const FEW = 100;

/** Budgets of one kind by what each is for, such as a channel. Those that are idle are forgotten. */
export class RateBudgets {
  readonly #options: RateBudgetOptions;
  readonly #budgets = new Map<string, RateBudget>();
  #sweepAt = FEW;

  constructor(options: RateBudgetOptions) {
    this.#options = options;
  }

  /** The one budget for `key`, as long as somebody uses it or holds a place in it. */
  of(key: string): RateBudget {
    const known = this.#budgets.get(key);
    if (known) return known;
    if (this.#budgets.size >= this.#sweepAt) this.#sweep();
    const budget = new RateBudget(this.#options);
    this.#budgets.set(key, budget);
    return budget;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#budgets.size;
  }

  #sweep(): void {
    for (const [key, budget] of this.#budgets) if (budget.isIdle) this.#budgets.delete(key);
    this.#sweepAt = Math.max(FEW, this.#budgets.size * 2);
  }
}
