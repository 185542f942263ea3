/** A file's name within a mark is cut to so many UTF-16 code units: marks stand in the middle of sentences. */
const MAX_NAME = 80;

/** The same as models write it, with the lines that some add behind. */
const MAX_WRITTEN = 120;

/** A source in a text, as a model wrote it. */
export interface Mark {
  raw: string;
  /** The number of the run step; left out by some models. */
  step: number | undefined;
  result: number;
  /** What stands behind the dagger; undefined without one. */
  name: string | undefined;
}

/** The mark of a passage: the number of its run step among all of its run, its own within the step, its file's name. */
export function markOf(step: number, result: number, filename: string): string {
  return `【${step}:${result}†${markName(filename)}】`;
}

/** The name without what would end the mark, or the JSON in which it may stand. */
export function markName(filename: string): string {
  const safe = filename.replace(/[\p{C}\p{Zl}\p{Zp}【】†"\\[\]]/gu, '_').trim();
  return safe.slice(0, MAX_NAME).toWellFormed() || 'file';
}

const NUMBERS = String.raw` ?(\d{1,4})(?: ?: ?(\d{1,4}))? ?`;
const NAME = String.raw`[^【】\]\n]{0,${MAX_WRITTEN}}`;

/** `[1]` is no mark: it may be a footnote, an index or a link. Neither is `【12】`. */
const WHOLE = new RegExp(
  String.raw`【${NUMBERS}†(${NAME})】|\[${NUMBERS}†(${NAME})\]|【 ?(\d{1,4}) ?: ?(\d{1,4}) ?】`,
  'y',
);

/** What may still become a mark. */
const BEGUN = new RegExp(String.raw`^[【[] ?(?:\d{1,4} ?(?:: ?(?:\d{1,4} ?)?)?(?:†${NAME})?)?$`);

/** Of a text that ends here, the half of a mark. */
const HALF = /^【 ?\d/;

/** Finds marks in a text while it is written; what may become one is held back until it is clear, and no longer. */
export class MarkScanner {
  #held = '';

  /** The text up to where a mark may have begun, and the marks in it. */
  push(delta: string): (string | Mark)[] {
    const text = this.#held + delta;
    const pieces: (string | Mark)[] = [];
    let done = 0;
    let at = nextOpening(text, 0);
    while (at !== -1) {
      const mark = markAt(text, at);
      if (mark) {
        pieces.push(text.slice(done, at), mark);
        done = at + mark.raw.length;
      } else if (BEGUN.test(text.slice(at, at + MAX_WRITTEN * 2))) break;
      at = nextOpening(text, Math.max(done, at + 1));
    }
    this.#held = at === -1 ? '' : text.slice(at);
    pieces.push(text.slice(done, text.length - this.#held.length));
    return pieces.filter((piece) => piece !== '');
  }

  /** The rest of a text that ends here: half a mark is none of it. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return HALF.test(rest) ? '' : rest;
  }
}

function nextOpening(text: string, from: number): number {
  const next = text.slice(from).search(/[【[]/);
  return next === -1 ? -1 : from + next;
}

function markAt(text: string, at: number): Mark | undefined {
  WHOLE.lastIndex = at;
  const found = WHOLE.exec(text);
  if (!found) return undefined;
  const numbers = [found[1] ?? found[4] ?? found[7], found[2] ?? found[5] ?? found[8]].map(numberIn);
  const [step, result] = numbers[1] === undefined ? [undefined, numbers[0]] : numbers;
  return { raw: found[0], step, result: result ?? 0, name: found[3] ?? found[6] };
}

function numberIn(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}
