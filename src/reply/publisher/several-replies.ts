import type { Party } from '../../budget.ts';

/** Of so many people is remembered what counts, until those of whom nothing counts any more are looked for. */
const MANY = 1_000;

/** Who has several replies at the same time, as the calls for them show. */
export class SeveralReplies {
  /** By person: until when each of their replies counts, the first to end first. */
  readonly #replies = new Map<string, Map<Party, number>>();

  /** There is a call for a reply, which counts for so long from now on. */
  note(reply: Party | undefined, now: number, forMs: number): void {
    if (!reply) return;
    const replies = this.#replies.get(reply.person) ?? new Map<Party, number>();
    replies.delete(reply);
    this.#replies.set(reply.person, replies.set(reply, now + forMs));
    if (this.#replies.size > MANY) for (const person of this.#replies.keys()) this.#counted(person, now);
  }

  /** Whether the person whose reply it is has another one. */
  has(reply: Party | undefined, now: number): boolean {
    if (!reply) return false;
    const replies = this.#counted(reply.person, now);
    return replies !== undefined && replies.size > (replies.has(reply) ? 1 : 0);
  }

  #counted(person: string, now: number): ReadonlyMap<Party, number> | undefined {
    const replies = this.#replies.get(person);
    if (!replies) return undefined;
    for (const [reply, until] of replies) {
      if (until > now) return replies;
      replies.delete(reply);
    }
    this.#replies.delete(person);
    return undefined;
  }
}
