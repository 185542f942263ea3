/** Opens or closes a fenced block: three or more backticks or tildes, at most three spaces in. */
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** Makes messages of lines: one line is one message, but a fenced block belongs to one message with its fences. */
export class MessageReader {
  #lines: string[] = [];
  #fence: string | undefined;

  /** Whether a fenced block is open, so that the next line belongs to the same message. */
  get open(): boolean {
    return this.#fence !== undefined;
  }

  /** Takes a line; gives the message that it completes, if any. */
  push(line: string): string | undefined {
    this.#lines.push(line);
    const fence = FENCE.exec(line)?.[1];
    if (this.#fence === undefined) this.#fence = fence;
    else if (fence?.startsWith(this.#fence) && line.trim() === fence) this.#fence = undefined;
    return this.open ? undefined : this.end();
  }

  /** Gives what has been collected, at the end of the input or when the person gives up a block. */
  end(): string | undefined {
    const message = this.#lines.join('\n');
    this.#lines = [];
    this.#fence = undefined;
    return message;
  }
}
