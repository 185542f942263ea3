/** A text without its middle, and how many UTF-16 code units that had. */
export interface Cut {
  readonly head: string;
  readonly tail: string;
  readonly leftOut: number;
}

/** Keeps both ends of a text, together `longest` UTF-16 code units, and splits no character. */
export function cutInTheMiddle(text: string, longest: number): Cut {
  const half = Math.floor(longest / 2);
  const head = text.slice(0, half).replace(/[\ud800-\udbff]$/, '');
  const tail = text.slice(text.length - half).replace(/^[\udc00-\udfff]/, '');
  return { head, tail, leftOut: text.length - head.length - tail.length };
}
