/** The excerpt ends between words where there is white space so close to its end, in UTF-16 code units. */
const WORD = 100;

/**
 * The beginning of Markdown that is longer than `longest` UTF-16 code units; all of it, where it is not. As the
 * Markdown grows at its end, so does the excerpt: its last words wait until it is known where it ends.
 */
export function excerptOf(markdown: string, longest: number, isOver: boolean): string {
  const least = Math.max(1, longest - WORD);
  if (markdown.length <= (isOver ? longest : least)) return markdown;
  const window = markdown.slice(least, longest);
  const space = /\s(?=\S*$)/u.exec(window)?.index ?? 0;
  return whole(markdown.slice(0, least + space));
}

/** Without half a character at its end. */
function whole(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '');
}
