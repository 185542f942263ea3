import type { Block } from '../documents/document.ts';

/** Follows the headings of a document: which ones the next block stands under. */
export class HeadingPath {
  #open: { level: number; text: string }[] = [];
  #entry: string | undefined;

  get texts(): string[] {
    return this.#open.map(({ text }) => text);
  }

  /** A heading ends those of its own level and below; another entry of an archive begins with none. */
  follow({ kind, level = 1, text, place }: Block): void {
    if (place.path !== this.#entry) this.#open = [];
    this.#entry = place.path;
    if (kind === 'heading')
      this.#open = [...this.#open.filter((open) => open.level < level), { level, text }];
  }
}
