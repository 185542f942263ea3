/** How much of what nobody asked for is taken in one window, which is more than any server has to say. */
const WINDOW_MS = 10_000;
const MOST_UNASKED = 5_000;

/** What one message may hold, in bytes: a file of 20 MB as base64 does not fit, and half of it does. */
const MOST_MESSAGE_BYTES = 16_000_000;

/** All that is taken in one window: a server that never ends a message would fill the time of everybody else. */
const MOST_BYTES = 200_000_000;

/** A server sent more than is taken. */
export class Flood extends Error {}

/** Counts what comes from a server, and ends it when it is a flood. */
export class Inflow {
  /** Is told once there is a flood; what read it is told, too, by the error that is thrown. */
  onFlood: (flood: Flood) => void = () => {};
  #since = performance.now();
  #unasked = 0;
  #bytes = 0;

  /** Throws a `Flood`. */
  took(bytes: number): void {
    this.#roll();
    this.#bytes += bytes;
    if (this.#bytes > MOST_BYTES)
      this.#refuse(`${inMegabytes(MOST_BYTES)} within ${WINDOW_MS / 1_000} seconds`);
  }

  /** A message that answers nothing. Throws a `Flood`. */
  tookUnasked(): void {
    this.#roll();
    this.#unasked += 1;
    if (this.#unasked > MOST_UNASKED)
      this.#refuse(`${MOST_UNASKED} messages unasked within ${WINDOW_MS / 1_000} seconds`);
  }

  /** So many bytes of a message that has not ended. Throws a `Flood`. */
  isTaking(bytes: number): void {
    if (bytes > MOST_MESSAGE_BYTES) this.#refuse(`${inMegabytes(MOST_MESSAGE_BYTES)} in one message`);
  }

  #refuse(what: string): never {
    const flood = new Flood(`it sent more than ${what}`);
    this.onFlood(flood);
    throw flood;
  }

  #roll(): void {
    const now = performance.now();
    if (now - this.#since < WINDOW_MS) return;
    this.#since = now;
    this.#unasked = 0;
    this.#bytes = 0;
  }
}

function inMegabytes(bytes: number): string {
  return `${bytes / 1_000_000} MB`;
}
