import type { Party } from '../../budget.ts';

/** The part of all calls that one person with several replies leaves to others, who then need not wait at all. */
const LEFT_FOR_OTHERS = 1 / 4;

/** Of so many people is remembered what counts, until those of whom nothing counts any more are looked for. */
const MANY = 1_000;

/** What counts of one person, the first to end first. */
interface Use {
  /** By reply: until when it counts. */
  readonly replies: Map<Party, number>;
  /** Until when each call counts. */
  readonly calls: number[];
}

/**
 * What one person may have of an allowance: all of it for a single reply, and with several replies not the last quarter.
 * What others leave unused of it, others may use: when everybody has several replies, nothing stays unused.
 */
export class PersonalShare {
  readonly #uses = new Map<string, Use>();

  /** Somebody waits for a call for a reply, which counts for so long from now on. */
  asked(reply: Party | undefined, now: number, forMs: number): void {
    if (!reply) return;
    const { replies } = this.#useOf(reply);
    replies.delete(reply);
    replies.set(reply, now + forMs);
    if (this.#uses.size > MANY) for (const person of this.#uses.keys()) this.#update(person, now);
  }

  /** A call went for a reply; both count for so long from now on. */
  called(reply: Party | undefined, now: number, forMs: number): void {
    if (!reply) return;
    this.asked(reply, now, forMs);
    this.#useOf(reply).calls.push(now + forMs);
  }

  /** Milliseconds until a call for a reply leaves to others what is theirs, when so many are taken of all together. */
  wait(reply: Party | undefined, all: number, now: number): number {
    if (!reply) return 0;
    this.#update(reply.person, now);
    const use = this.#uses.get(reply.person);
    const hasOthers = use !== undefined && use.replies.size > (use.replies.has(reply) ? 1 : 0);
    const most = Math.max(1, all - Math.ceil(all * LEFT_FOR_OTHERS));
    return hasOthers ? Math.max(0, (use.calls.at(-most) ?? now) - now) : 0;
  }

  #useOf({ person }: Party): Use {
    const use = this.#uses.get(person) ?? { replies: new Map<Party, number>(), calls: [] };
    this.#uses.set(person, use);
    return use;
  }

  #update(person: string, now: number): void {
    const use = this.#uses.get(person);
    if (!use) return;
    for (const [reply, until] of use.replies) {
      if (until > now) break;
      use.replies.delete(reply);
    }
    while ((use.calls[0] ?? Number.POSITIVE_INFINITY) <= now) use.calls.shift();
    if (use.replies.size === 0 && use.calls.length === 0) this.#uses.delete(person);
  }
}
