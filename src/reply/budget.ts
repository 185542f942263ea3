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

/** Somebody who wants to call. */
export interface Claim {
  /** Asked whenever there is room. Grows while one waits: a claim whose urgency stands still may wait for ever. */
  urgency(): number;
  /** A first text or a last edit, which may also use the room that is kept for them. */
  readonly essential: boolean;
}

/** For platforms that limit nothing. */
export const unlimited: Budget = { take: async () => true, refused: () => {} };
