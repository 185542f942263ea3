/** Far more than what is said while a connection is lost. */
const MOST = 10_000;

/** The messages that were heard lately: what is looked up afterwards may have been heard all the same. */
export class Heard {
  readonly #ids = new Set<string>();

  /** Notes a message; false when it was heard before. */
  isFirst(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MOST && oldest !== undefined) this.#ids.delete(oldest);
    return true;
  }
}
