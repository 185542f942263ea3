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

/** Somebody who wants to call. */
export interface Claim {
  /** Asked whenever there is room. Grows while one waits: a claim whose urgency stands still may wait for ever. */
  urgency(): number;
  /** A first text or a last edit, which may also use the room that is kept for them. */
  readonly essential: boolean;
  /** For which reply; left out for calls beside the replies. */
  readonly reply?: Party;
}

/** A reply as budgets know it: an object of its own for each, with whom it answers. */
export interface Party {
  readonly person: string;
}
