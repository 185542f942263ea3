import type { Block, Place } from '../documents/document.ts';

const STARTS = ['path', 'slide', 'sheet'] as const;

/** Follows the headings of a document: which ones the next block stands under. */
export class HeadingPath {
  #open: { level: number; text: string }[] = [];
  #last: Place = {};

  get texts(): string[] {
    return this.#open.map(({ text }) => text);
  }

  /** A heading ends those of its own level and below; a slide, a sheet and an entry of an archive begin with none. */
  follow({ kind, level = 1, text, place }: Block): void {
    if (STARTS.some((part) => place[part] !== this.#last[part])) this.#open = [];
    this.#last = place;
    if (kind === 'heading')
      this.#open = [...this.#open.filter((open) => open.level < level), { level, text }];
  }
}
