/** Where the scripts begin that take about a token a character: CJK, Hangul, and the halves of emoji. */
const WIDE = 0x2e80;

/** Tokens are counted in quarters, so that sums stay whole: other characters make about four a token. */
export const QUARTERS = 4;

/** About how many quarters of a token stand between two places of a text. */
export function quartersIn(text: string, from = 0, to = text.length): number {
  let quarters = 0;
  for (let at = from; at < to; at += 1) quarters += quartersOf(text, at);
  return quarters;
}

/** About how many tokens a text has: within some percent for English, more loosely for other scripts. */
export function tokensIn(text: string): number {
  return Math.ceil(quartersIn(text) / QUARTERS);
}

/** How far a text goes from a place with at most so many quarters of a token: the place behind the last character. */
export function reach(text: string, from: number, quarters: number): number {
  let at = from;
  for (let room = quarters; at < text.length; at += 1) {
    room -= quartersOf(text, at);
    if (room < 0) break;
  }
  return at;
}

/** How far a text goes back from a place with at most so many quarters of a token. */
export function reachBack(text: string, to: number, quarters: number): number {
  let at = to;
  for (let room = quarters; at > 0; at -= 1) {
    room -= quartersOf(text, at - 1);
    if (room < 0) break;
  }
  return at;
}

function quartersOf(text: string, at: number): number {
  return text.charCodeAt(at) < WIDE ? 1 : QUARTERS;
}
