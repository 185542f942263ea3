/** An allowance of calls that several replies share. */
export interface Budget {
  /**
   * Waits until a call may go. Whenever there is room, the claim with the greatest urgency gets it. False when `signal`
   * withdrew the claim before.
   */
  take(claim: Claim, signal: AbortSignal): Promise<boolean>;
  /** The platform refused a call: none goes for so many milliseconds. */
  refused(retryAfterMs: number): void;
}

/** The processes that share the store, and with it a platform's limits. */
export interface Replicas {
  /** How many are alive, as far as is known; at least 1. */
  readonly count: number;
  /** Calls `listener` whenever the count changes; the function that it gives back ends that. */
  onChange(listener: (count: number) => void): () => void;
}

/**
 * Which room a call may use: all of it, for a first text and a last edit; what is not kept for those, for news of a reply
 * that stands there already; or only that, and at an even pace.
 */
export type ClaimedRoom = 'all' | 'shared' | 'paced';

/** Somebody who wants to call. */
export interface Claim {
  /** Asked whenever there is room. Grows while one waits: a claim whose urgency stands still may wait for ever. */
  urgency(): number;
  readonly room: ClaimedRoom;
  /** For which reply; left out for calls beside the replies. */
  readonly reply?: Party;
}

/** A reply as budgets know it: an object of its own for each, with whom it answers. */
export interface Party {
  readonly person: string;
}
