/** How many names a sentence tells: the model needs some to know which are meant, and nobody reads more. */
const TOLD = 10;

/** How long a name in a sentence may be, in UTF-16 units. */
const TOLD_LENGTH = 80;

/** How much of a name that is cut is its end, where the ending of a file stands. */
const TOLD_END = 20;

const UNREADABLE = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/**
 * Names as a sentence tells them, whatever they are and however many.
 *
 * @param names all of them, or the first of them
 * @param count how many there are
 */
export function toldNames(names: readonly string[], count = names.length): string {
  const told = names.slice(0, TOLD).map(toldName);
  const more = Math.max(0, count - told.length);
  return told.join(', ') + (more > 0 ? ` and ${more.toLocaleString('en')} more` : '');
}

/** The name on one line, and so much of it as a sentence has room for. */
export function toldName(name: string): string {
  const short =
    name.length > TOLD_LENGTH
      ? `${name.slice(0, TOLD_LENGTH - TOLD_END - 1)}…${name.slice(-TOLD_END)}`
      : name;
  return short.toWellFormed().replace(UNREADABLE, '�');
}
