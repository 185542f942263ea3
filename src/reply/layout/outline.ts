import { type Block, linesOf, START, scan, step } from './block.ts';

/** So much of a line tells what it is. */
const LINE_START = 200;

/** Knows what the lines of the Markdown are; asked from its start to its end, it scans nothing twice. */
export class Outline {
  readonly markdown: string;
  #at = 0;
  #block = START;

  constructor(markdown: string) {
    this.markdown = markdown;
  }

  /** What stands at a position of its line, so far as it tells what the line is. */
  lineAt(at: number): string {
    const [line = ''] = linesOf(this.markdown.slice(at, at + LINE_START));
    return line;
  }

  /**
   * Whether the line that starts at a position is indented code: alone it may look so although it belongs to a list
   * that began before.
   */
  isIndentedCode(start: number): boolean {
    const line = this.lineAt(start);
    return isCode(step(START, line)) && isCode(step(this.#before(start), line));
  }

  #before(start: number): Block {
    this.#block = scan(this.markdown.slice(this.#at, start), this.#block);
    this.#at = start;
    return this.#block;
  }
}

function isCode({ line, fence }: Block): boolean {
  return line === 'code' && !fence;
}
