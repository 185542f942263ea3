/** A line that opens a fenced block, or may close one; lists and quotes may stand before it. */
const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^\n]*)$/;

/** How much of a line is looked at, in characters: what makes it code stands at its beginning. */
const LINE_START = 200;

/** Follows Markdown character by character and knows whether the next one stands in code. */
export class MarkdownCode {
  #line = '';
  /** What opened the block that is open. */
  #fence = '';
  /** How many backticks opened the inline code that is open. */
  #inline = 0;
  /** The backticks that have come one after another at the end. */
  #run = 0;

  push(text: string): void {
    for (const char of text) {
      if (char !== '`') this.#endRun();
      else this.#run++;
      if (char === '\n') this.#endLine();
      else if (this.#line.length < LINE_START) this.#line += char;
    }
  }

  /** Whether what comes next is code: in a fenced block, indented, or between backticks within a paragraph. */
  get isCode(): boolean {
    if (this.#fence !== '' || /^(?: {4}| {0,3}\t)/.test(this.#line)) return true;
    const isInline = this.#run === this.#inline ? false : this.#inline > 0 || this.#run > 0;
    // What begins a line is no inline code that an odd backtick far above opened.
    return isInline && this.#line.trim() !== '';
  }

  #endRun(): void {
    if (this.#run > 0 && this.#fence === '') {
      if (this.#inline === 0) this.#inline = this.#run;
      else if (this.#inline === this.#run) this.#inline = 0;
    }
    this.#run = 0;
  }

  #endLine(): void {
    const [, fence = '', rest = ''] = FENCE.exec(this.#line) ?? [];
    const isBlank = this.#line.trim() === '';
    this.#line = '';
    if (this.#fence === '') {
      // The rest of a line that opens a block of backticks holds none.
      if (fence !== '' && !(fence[0] === '`' && rest.includes('`'))) this.#fence = fence;
      if (this.#fence !== '' || isBlank) this.#inline = 0;
    } else if (fence.startsWith(this.#fence) && rest.trim() === '') this.#fence = '';
  }
}
