import type { Interface } from 'node:readline';

/** The lines of an input, one after the other, for several who read them in turn. */
export class Lines {
  readonly #lines: AsyncIterator<string>;
  #coming: Promise<string | undefined> | undefined;
  readonly #postponed: string[] = [];

  constructor(lines: Interface) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** The next line, which stays the next one until it is taken; undefined at the end of the input. */
  coming(): Promise<string | undefined> {
    this.#coming ??= this.#lines.next().then(({ done, value }) => (done ? undefined : value));
    return this.#coming;
  }

  /** The line that has come is dealt with. Its end comes again and again. */
  async taken(): Promise<void> {
    if ((await this.#coming) !== undefined) this.#coming = undefined;
  }

  /** A line that is not for whoever has read it comes before all that were not read. */
  postpone(line: string): void {
    this.#postponed.push(line);
  }

  /** Takes the next line. */
  async next(): Promise<string | undefined> {
    const postponed = this.#postponed.shift();
    if (postponed !== undefined) return postponed;
    const line = await this.coming();
    await this.taken();
    return line;
  }
}
