interface Current<P> {
  /** Rejects when it does not start. */
  readonly started: Promise<P>;
  /** Once it is ready. */
  process?: P;
}

/** A process for whoever comes next, ready or still starting. */
export class Spare<P extends { kill(): void }> {
  readonly #start: () => Promise<P>;
  #current: Current<P> | undefined;
  #starting: Promise<P> | undefined;

  /** @param start rejects when none can be had */
  constructor(start: () => Promise<P>) {
    this.#start = start;
  }

  get isThere(): boolean {
    return this.#current !== undefined;
  }

  /** The start that is under way, also when somebody has taken what is being started: another one would slow it. */
  get starting(): Promise<P> | undefined {
    return this.#starting;
  }

  /** Starts one. What does not start is none. */
  refill(): void {
    const started = this.#start();
    const current: Current<P> = { started };
    this.#current = current;
    this.#starting = started;
    const keep = (process: P) => {
      current.process = process;
      this.#starting = undefined;
    };
    const forget = () => {
      if (this.#current === current) this.#current = undefined;
      this.#starting = undefined;
    };
    started.then(keep, forget);
  }

  /** Gives it away, if there is one. */
  take(): Promise<P> | undefined {
    const started = this.#current?.started;
    this.#current = undefined;
    return started;
  }

  /** Ends one that is ready. */
  end(): void {
    if (!this.#current?.process) return;
    this.#current.process.kill();
    this.#current = undefined;
  }
}
