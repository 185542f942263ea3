import type { Block, Place } from '../documents/document.ts';

/** A longer heading, in characters, is text: every chunk under it would repeat it. */
const LONGEST_HEADING = 300;

export function isHeading({ kind, text }: Block): boolean {
  return kind === 'heading' && text.length <= LONGEST_HEADING;
}

const STARTS = ['path', 'slide', 'sheet'] as const;

/** Follows the headings of a document: which ones the next block stands under. */
export class HeadingPath {
  #open: { level: number; text: string }[] = [];
  #last: Place = {};

  get texts(): string[] {
    return this.#open.map(({ text }) => text);
  }

  /** A heading ends those of its own level and below; a slide, a sheet and an entry of an archive begin with none. */
  follow(block: Block): void {
    const { level = 1, text, place } = block;
    if (STARTS.some((part) => place[part] !== this.#last[part])) this.#open = [];
    this.#last = place;
    if (isHeading(block)) this.#open = [...this.#open.filter((open) => open.level < level), { level, text }];
  }
}
