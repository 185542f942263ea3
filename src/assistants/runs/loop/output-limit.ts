import { ModelError, type ModelEvent } from '../../models/model.ts';

/** More than any model writes in one run, in UTF-16 code units: one that goes on is caught in a loop. */
export const MAX_RUN_OUTPUT = 1_000_000;

/** Ends a run whose model writes without end, before that fills the memory and the store. */
export class OutputLimit {
  #left = MAX_RUN_OUTPUT;

  /** Passes the events of an answer on. Throws `ModelError` when the run's answers together are too long. */
  async *within<Event extends ModelEvent>(events: AsyncIterable<Event>): AsyncGenerator<Event> {
    for await (const event of events) {
      if ('delta' in event) this.#left -= event.delta.length;
      if (this.#left < 0) throw endless();
      yield event;
    }
  }
}

/** Made when it is needed: the first number that is written so loads the words of its language. */
function endless(): ModelError {
  const most = MAX_RUN_OUTPUT.toLocaleString('en');
  return new ModelError(
    'server_error',
    `The model wrote more than ${most} characters and was ended. Please ask for less at once.`,
  );
}
