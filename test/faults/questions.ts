/** Something that a person asks, and what the model will answer. */
export interface Question {
  /** Unique in a run: the question says it, and each word of the answer. */
  readonly number: number;
  /** Of the answer. */
  readonly words: number;
  /** After so many words the model runs Python; never when left out. */
  readonly codeAfter?: number;
  /** How the answer comes: so many words at once, so many milliseconds apart. */
  readonly pace: { readonly words: number; readonly everyMs: number };
}

const WORDS_OF_A_LINE = 12;
const WORDS_OF_A_PARAGRAPH = 60;

/** A word of an answer as people see it. */
export interface SeenWord {
  readonly question: number;
  /** The first word is 1. */
  readonly at: number;
}

export function askingFor({ number }: Pick<Question, 'number'>): string {
  return `Question ${number}: please count for me.`;
}

/**
 * The questions that a text asks, each once: at the beginning of a line, after a mention or without. What is told of
 * earlier messages, which Bobbin gives the model as JSON, asks nothing.
 */
export function questionsIn(text: string): number[] {
  const found = text.matchAll(/^(?:<@\w+> )?Question (\d+):/gm);
  return [...new Set([...found].map(([, number]) => Number(number)))];
}

/** The words of an answer from one to another, in lines and paragraphs. */
export function answerText({ number }: Question, from: number, to: number): string {
  let text = '';
  for (let at = from; at <= to; at++) text += `a${number}w${at}${at === to ? '' : gapAfter(at)}`;
  return text;
}

function gapAfter(at: number): string {
  if (at % WORDS_OF_A_PARAGRAPH === 0) return '\n\n';
  return at % WORDS_OF_A_LINE === 0 ? '\n' : ' ';
}

export function wordsIn(text: string): SeenWord[] {
  return [...text.matchAll(/\ba(\d+)w(\d+)\b/g)].map(([, question, at]) => ({
    question: Number(question),
    at: Number(at),
  }));
}

/** Python that prints what stands nowhere in its own text. */
export function codeFor({ number }: Pick<Question, 'number'>): string {
  return `print("c${number}" + "done")`;
}

/** The questions whose Python has run, as often as its output stands in a text. */
export function outputsIn(text: string): number[] {
  return [...text.matchAll(/\bc(\d+)done\b/g)].map(([, number]) => Number(number));
}
