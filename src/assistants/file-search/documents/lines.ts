/** How many lines a text ends, between two places. */
export function lineEndsIn(text: string, from = 0, to = text.length): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Tells the lines of places in a text that are asked for in about their order, and counts from the last one. */
export class LineCounter {
  readonly #text: string;
  #at = 0;
  #line = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** How many lines end before a place. */
  before(at: number): number {
    this.#line +=
      at < this.#at ? -lineEndsIn(this.#text, at, this.#at) : lineEndsIn(this.#text, this.#at, at);
    this.#at = at;
    return this.#line;
  }
}

/** The text with the line ends of Unix, as all parsers and places count them. */
export function withUnixLines(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}
