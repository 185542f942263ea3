/** Locks among the processes that share the store, each by its name. */
export interface Locks {
  /** Takes the lock if nobody has it, this process included. Rejects when the database fails. */
  take(name: string): Promise<Lock | undefined>;
}

/** A lock that this process has. It is free again within a second of the end of the process, and twelve of its machine's. */
export interface Lock {
  /** Aborted when somebody else has the lock now: this process was cut off from the database for too long. */
  readonly lost: AbortSignal;
  /**
   * Undefined as long as nobody else can have the lock; otherwise it resolves when that is clear again, with `lost` aborted
   * if somebody has. Rejects when the store fails for too long.
   */
  unsure(): Promise<void> | undefined;
  release(): Promise<void>;
}
