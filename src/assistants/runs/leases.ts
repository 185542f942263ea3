import type { Keyv } from 'keyv';

/** How often a process says that it still carries out a run, and looks whether another one cancelled it. */
const HEARTBEAT_MS = 5_000;

/** A run whose process said nothing for so long has lost it. */
const LEASE_MS = 30_000;

export type LeaseStore = Keyv<number | true>;

/** Tells the processes that share a store which runs are being carried out. */
export class Leases {
  readonly #store: LeaseStore;
  readonly #heartbeatMs: number;
  readonly #leaseMs: number;
  /** Runs that this process has let go of, though the store may not know yet. */
  readonly #released = new Set<string>();

  constructor(store: LeaseStore, heartbeatMs: number = HEARTBEAT_MS, leaseMs: number = LEASE_MS) {
    this.#store = store;
    this.#heartbeatMs = heartbeatMs;
    this.#leaseMs = leaseMs;
  }

  /** Holds the run until the returned function is called; `onCancel` when another process cancels it. */
  async hold(runId: string, onCancel: () => void, onError: (error: unknown) => void): Promise<() => void> {
    await this.#store.set(heldKey(runId), Date.now());
    let released = false;
    const release = async () => {
      await this.#store.deleteMany([heldKey(runId), cancelKey(runId)]);
      this.#released.delete(runId);
    };
    const beat = async () => {
      await this.#store.set(heldKey(runId), Date.now());
      if (released) await release();
      else if (await this.#store.get(cancelKey(runId))) onCancel();
    };
    const timer = setInterval(() => void beat().catch(onError), this.#heartbeatMs).unref();
    return () => {
      released = true;
      clearInterval(timer);
      this.#released.add(runId);
      void release().catch(onError);
    };
  }

  async isHeld(runId: string): Promise<boolean> {
    if (this.#released.has(runId)) return false;
    const at = await this.#store.get(heldKey(runId));
    return typeof at === 'number' && Date.now() - at < this.#leaseMs;
  }

  /** Asks the process that holds the run to cancel it. */
  async cancel(runId: string): Promise<void> {
    await this.#store.set(cancelKey(runId), true);
  }
}

function heldKey(runId: string): string {
  return `held/${runId}`;
}

function cancelKey(runId: string): string {
  return `cancel/${runId}`;
}
