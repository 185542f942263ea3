/** What a Markdown fence may be called: the rest of such a line is no code. */
const LANGUAGE = /^\s*[\w.+{}-]*\s*$/;

/**
 * Takes the code out of a Markdown fence while it is still being written. It ends at the last line that closes the
 * fence, for a program may itself write Markdown; what models say after it is no code.
 */
export class FencedCode {
  #opening = '';
  #fence = '';
  /** What may be the end of the code and all that came after it; it begins with a line break. */
  #held = '';
  #hasBegun = false;

  /** Takes the next piece and returns the code that it completes. */
  push(text: string): string {
    if (this.#fence !== '') return this.#read(text);
    this.#opening += text;
    const [opening = '', fence = '', rest = ''] = /^\s*(`+|~+)([^\n]*)\n/.exec(this.#opening) ?? [];
    if (fence === '') return '';
    this.#fence = fence;
    const first = LANGUAGE.test(rest) ? '' : `\n${rest.trimStart()}`;
    return this.#read(`${first}\n${this.#opening.slice(opening.length)}`);
  }

  /** Returns what only the end shows to be code. */
  end(): string {
    if (this.#fence === '') return inOneLine(this.#opening);
    const end = this.#closings(/(?=\n|$)/).at(-1);
    return this.#give(end ?? this.#held.replace(new RegExp(`${this.#fence}+\\s*$`), '').length);
  }

  #read(text: string): string {
    this.#held += text;
    const open = this.#held.search(/\n[ \t]*[`~]*[ \t]*$|[`~]+[ \t]*$/);
    return this.#give(this.#closings(/(?=\n)/).at(-1) ?? (open < 0 ? this.#held.length : open));
  }

  /** Where in what is held a line begins that closes the fence. */
  #closings(after: RegExp): number[] {
    const line = new RegExp(`\\n[ \\t]*${this.#fence}+[ \\t]*${after.source}`, 'g');
    return [...this.#held.matchAll(line)].map(({ index }) => index);
  }

  #give(length: number): string {
    const given = this.#held.slice(this.#hasBegun ? 0 : 1, Math.max(length, 0));
    this.#hasBegun ||= length > 0;
    this.#held = this.#held.slice(length);
    return given;
  }
}

function inOneLine(text: string): string {
  const [, , code = ''] = /^\s*(`+|~+)(?:(?:python3?|py)\s+)?([\s\S]*?)(?:`+|~+)?\s*$/.exec(text) ?? [];
  return code;
}
