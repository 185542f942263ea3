/** Short messages to every process that shares the store, this one among them. */
export interface Signals {
  /** Tells everybody who listens now; who is cut off from the database is not told later. */
  send(topic: string, text: string): Promise<void>;
  /** Calls `listener` with each text that is sent; the function that it gives back ends that. */
  on(topic: string, listener: (text: string) => void): () => void;
}

/** The processes that share the store. */
export interface Replicas {
  /** How many are alive, as far as is known; at least 1. */
  readonly count: number;
  /** Calls `listener` whenever the count changes; the function that it gives back ends that. */
  onChange(listener: (count: number) => void): () => void;
}
