import type { ModelEvent } from '../model.ts';

/** Turns one answer's JSON values into events. */
export interface AnswerReader {
  push(value: unknown): Iterable<ModelEvent>;
  /** What can only be said after the last value; the last event is `end`. */
  end(): Iterable<ModelEvent>;
  /**
   * `complete`: the provider has said that it is, so the answer stands even if the connection breaks now. One that
   * has `begun` is whole, too, once the server closes it.
   */
  readonly progress: 'nothing' | 'begun' | 'complete';
  /** Where an answer that outlives its connection is found, and the number of its last event that was read. */
  readonly place?: { id: string; after?: number } | undefined;
}
