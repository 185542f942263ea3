/** An answer that goes on at its provider when its process dies, as the model tells of it. */
export interface Resumable {
  /** Which of the run's answers it is, from 1 on: the run may have come further since. */
  number: number;
  answer: unknown;
}
