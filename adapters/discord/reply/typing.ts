import type { Api } from '../api.ts';
import type { Budgets } from '../budgets.ts';

/** Shows that the bot is typing, for as long as people see nothing grow. */
export class Typing {
  readonly #api: Api;
  readonly #budgets: Budgets;
  readonly #every: number;
  #timer: NodeJS.Timeout | undefined;
  #grewAt = Number.NEGATIVE_INFINITY;
  #isResting = false;
  #isOver = false;

  /** @param every Milliseconds after which it is shown again, less than the ten seconds that it lasts. */
  constructor(api: Api, budgets: Budgets, every: number) {
    this.#api = api;
    this.#budgets = budgets;
    this.#every = every;
  }

  start(channel: string): void {
    if (this.#isOver) return;
    this.#show(channel);
    this.#timer = setInterval(() => this.#show(channel), this.#every);
  }

  /**
   * People see the reply grow from now on. A new message ends the typing, so none may follow it: it would outlast a
   * reply that flows.
   */
  grows(): void {
    this.#grewAt = performance.now();
  }

  /** While people are asked something, it is for them to write. */
  rest(isResting: boolean): void {
    this.#isResting = isResting;
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }

  /** A failure needs no word here: what stands in the way of typing stands in the way of the reply. */
  #show(channel: string): void {
    if (this.#isNeeded) void this.#type(channel).catch(() => {});
  }

  async #type(channel: string): Promise<void> {
    await this.#budgets.spare();
    if (this.#isNeeded) await this.#api.type(channel);
  }

  get #isNeeded(): boolean {
    return !this.#isOver && !this.#isResting && performance.now() - this.#grewAt >= this.#every;
  }
}
