import type { Part } from '../../platform.ts';

const BLANK_LINES = /^(?:[^\S\r\n]*[\r\n]+)+/;

/** What of a part's text comes before the rest of its source, where Markdown is shown as it is. */
export function textBefore({ opening, source }: Part, offset: number): string {
  return bodyOf({ opening, source: source.slice(0, offset) }).trimEnd();
}

/** A part's text as Markdown, without what closes it. */
export function bodyOf({ opening, source }: Pick<Part, 'opening' | 'source'>): string {
  return opening + source.replace(BLANK_LINES, '');
}
