import type { Part } from '../../view.ts';
import { afterSpace } from './part-end.ts';

/** What of a part's text comes before the rest of its source, where Markdown is shown as it is. */
export function textBefore({ opening, source }: Part, offset: number): string {
  return bodyOf({ opening, source: source.slice(0, offset) }).trimEnd();
}

/** A part's text as Markdown, without what closes it. */
export function bodyOf({ opening, source }: Pick<Part, 'opening' | 'source'>): string {
  return opening + source.slice(afterSpace(source, 0));
}
