/** Short lines, since Chat SDK shows natively only lines that have ended. */
const WORDS_OF_A_LINE = 10;
const WORDS_OF_A_PARAGRAPH = 50;
/** Each has four digits. */
const WORD_CHARACTERS = 4;
const WORD = /\b\d{4}\b/g;

/**
 * A text of exactly so many characters, in lines and paragraphs, whose words are numbers that follow one another, so
 * that what is missing or stands there twice shows. It ends with a word; dots before that one fill it up.
 *
 * @param from The number of the first word; texts of one conversation are told apart by it.
 */
export function numbered(characters: number, from = 1_000): string {
  let text = '';
  for (let word = from; text.length + WORD_CHARACTERS <= characters; word++)
    text += `${word}${gapAfter(word - from + 1)}`;
  const whole = text.trimEnd();
  const dots = '.'.repeat(characters - whole.length);
  return `${whole.slice(0, -WORD_CHARACTERS)}${dots}${whole.slice(-WORD_CHARACTERS)}`;
}

function gapAfter(count: number): string {
  if (count % WORDS_OF_A_PARAGRAPH === 0) return '\n\n';
  return count % WORDS_OF_A_LINE === 0 ? '\n' : ' ';
}

/** The numbers in a text. */
export function words(text: string): number[] {
  return (text.match(WORD) ?? []).map(Number);
}

/** How many words of a text are missing in what is shown; what stands there twice or in disorder counts, too. */
export function missing(text: string, shown: readonly string[]): number {
  const expected = words(text);
  const range = new Set(expected);
  const seen = words(shown.join('\n')).filter((word) => range.has(word));
  return Math.max(expected.length - inOrder(seen), seen.length - expected.length);
}

/** The words that follow the one before them upwards. */
function inOrder(seen: readonly number[]): number {
  return seen.filter((word, index) => index === 0 || word > (seen[index - 1] ?? 0)).length;
}
