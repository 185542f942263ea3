/**
 * How many words belong together, so that they say something of each other: about a paragraph. Whole chunks would have too
 * few to learn from where documents are few.
 */
const WORDS = 60;

/** A text in pieces of about a paragraph, to learn from. */
export function passagesOf(text: string): string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return Array.from({ length: Math.ceil(words.length / WORDS) }, (_, at) =>
    words.slice(at * WORDS, (at + 1) * WORDS).join(' '),
  );
}
