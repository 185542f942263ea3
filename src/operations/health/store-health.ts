import type { Logger } from '../../log.ts';
import { Problem } from '../../problem.ts';
import type { Store } from '../../store/store.ts';
import { within } from './within.ts';

/** Between two looks at the store, in ms. */
const LOOK_EVERY_MS = 10_000;

/** The same while it fails, so that it goes on soon after. */
const LOOK_AGAIN_MS = 1_000;

/** For an answer of the store, in ms: who asks for readiness waits seldom longer. */
const PATIENCE_MS = 3_000;

/** A sentence for failures that nobody foresaw, whose words may hold anything. */
const UNFORESEEN = 'The store fails, and the log says why.';

/** Looks after the store: whether it can be used, and in the log when that changes. */
export class StoreHealth {
  readonly #store: Pick<Store, 'check'>;
  readonly #log: Logger;
  #problem: string | undefined;
  #look: Promise<string | undefined> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(store: Pick<Store, 'check'>, log: Logger) {
    this.#store = store;
    this.#log = log;
    this.#lookLater();
  }

  /** Why the store can't be used now; undefined when it can. */
  problem(): Promise<string | undefined> {
    this.#look ??= this.#lookNow().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #lookNow(): Promise<string | undefined> {
    const error = await this.#failure();
    if (this.#closed) return this.#problem;
    const problem = error && (error instanceof Problem ? error.message : UNFORESEEN);
    if (problem && problem !== this.#problem) this.#log.error({ err: error }, 'the store fails');
    if (!problem && this.#problem) this.#log.info('the store works again');
    this.#problem = problem;
    this.#lookLater();
    return problem;
  }

  async #failure(): Promise<Error | undefined> {
    const late = () => new Problem(`The store has not answered for ${PATIENCE_MS / 1_000} seconds.`);
    return within(PATIENCE_MS, this.#store.check(), late).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
  }

  #lookLater(): void {
    clearTimeout(this.#timer);
    const delay = this.#problem === undefined ? LOOK_EVERY_MS : LOOK_AGAIN_MS;
    this.#timer = setTimeout(() => void this.problem(), delay).unref();
  }
}
