/** Locks among the processes that share the store. */
export interface Locks {
  /** Undefined while somebody has the lock of that name. Rejects when the store fails. */
  take(name: string): Promise<Lock | undefined>;
}

/** A lock is free again soon after its process died. */
export interface Lock {
  /** Aborted when somebody else has it now: this process was cut off from the store for too long. */
  readonly lost: AbortSignal;
  /**
   * Undefined as long as nobody else can have the lock; otherwise it resolves when that is clear again, with `lost` aborted
   * if somebody has. Rejects when the store fails for too long.
   */
  unsure(): Promise<void> | undefined;
  release(): Promise<void>;
}

/** For a store that one process has to itself. */
export const ALONE: Locks = {
  take: async () => ({
    lost: new AbortController().signal,
    unsure: () => undefined,
    release: async () => {},
  }),
};
