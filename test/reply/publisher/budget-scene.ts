import type { Budget, Claim } from '../../../src/budget.ts';
import type { RateLimit } from '../../../src/reply/publisher/believed-limit.ts';
import { type BudgetObserver, RateBudget } from '../../../src/reply/publisher/rate-budget.ts';
import { VirtualClock } from './virtual-clock.ts';

/** `chat.update` and its like. */
export const TIER_3: RateLimit = { calls: 50, perMs: 60_000 };
/** A Discord channel's messages. */
export const CHANNEL: RateLimit = { calls: 5, perMs: 5_000 };

/** A budget, and what it granted: names with the times. */
export class Scene {
  readonly clock = new VirtualClock();
  readonly grants: { name: string; at: number }[] = [];

  budget(limit: RateLimit, name = 'test', observer?: BudgetObserver): RateBudget {
    return new RateBudget({ name, limit, clock: this.clock, ...(observer && { observer }) });
  }

  /** Claims a call; the function that it gives back withdraws the claim. */
  claim(budget: Budget, name: string, claim: Partial<Claim> = {}): () => void {
    const withdrawn = new AbortController();
    void budget
      .take({ room: 'paced', urgency: () => 1, ...claim }, withdrawn.signal)
      .then((granted) => granted && this.grants.push({ name, at: this.clock.now() }));
    return () => withdrawn.abort();
  }

  /** Claims again and again, as a reply does that always has something new to show. */
  keepClaiming(budget: Budget, name: string, until: number): void {
    const shown = { at: this.clock.now() };
    const again = async () => {
      const urgency = () => this.clock.now() - shown.at;
      await budget.take({ room: 'paced', urgency }, new AbortController().signal);
      shown.at = this.clock.now();
      this.grants.push({ name, at: shown.at });
      if (shown.at < until) void again();
    };
    void again();
  }

  at(time: number, task: () => void): void {
    this.clock.after(time - this.clock.now(), task);
  }

  names(): string[] {
    return this.grants.map(({ name }) => name);
  }

  times(name?: string): number[] {
    return this.grants.filter((grant) => name === undefined || grant.name === name).map(({ at }) => at);
  }
}
