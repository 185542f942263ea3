/**
 * What is searched of a chunk, by what BM25F calls fields: what a passage is about stands in its own heading, and somewhat in
 * those above it and its file's name, which it shares with others; a part of a word says as much as a word.
 */
export const FIELDS = ['heading', 'above', 'text', 'parts'] as const;

/** What a word counts in each of them. */
export const WEIGHTS = [4, 2, 1, 1] as const;

export type Fields = Record<(typeof FIELDS)[number], string>;

/** A chunk's own heading, and what stands above that. */
export function headingsIn(title: string, headings: readonly string[]): Pick<Fields, 'heading' | 'above'> {
  return { heading: headings.at(-1) ?? '', above: [title, ...headings.slice(0, -1)].join('\n') };
}
