/**
 * Whose call is next of people who wait for the same calls: each in turn, however many replies of theirs wait. Who comes
 * anew is where the others are, and neither behind nor ahead of them (start-time fair queueing).
 */
export class FairOrder {
  /** How many calls everybody who waits all the time has had. */
  #round = 0;
  /** In which round people's next calls are, where that is a later one. */
  readonly #next = new Map<string, number>();

  /** The round in which a person's next call is due, the lowest first; undefined is somebody new each time. */
  roundOf(person: string | undefined): number {
    return Math.max(this.#round, (person !== undefined && this.#next.get(person)) || 0);
  }

  /** A person has had a call. */
  served(person: string | undefined): void {
    const round = this.roundOf(person);
    if (person !== undefined) this.#next.set(person, round + 1);
    if (round === this.#round) return;
    this.#round = round;
    for (const [one, next] of this.#next) if (next <= round) this.#next.delete(one);
  }
}
