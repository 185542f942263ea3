import { MarkdownCode } from './markdown-code.ts';
import { MARKER_START, type Marker, markerIn } from './markers.ts';

/** What stands around a marker that is only talked about. */
const QUOTE = /["'`“”‘’«»„]/;

/** What a piece of the model's text adds to its answer. */
export interface Filtered {
  /** All text that was given so far was thought after all, and is no part of the answer. */
  withdraw: boolean;
  text: string;
}

/** Where the filter stands. */
type Mode =
  | { type: 'answer' }
  /** `raw` is all of it, and `isFirst` says that no answer came before: then it is one even if it never ends. */
  | { type: 'thought'; until: Until; raw: string; isFirst: boolean };

/** What closes a thought: a certain word, the end of a message, or any word that closes one. */
type Until = string | 'message-end' | 'any';

/**
 * Takes a model's thoughts out of its text, however that is cut into pieces. Text in code, inline or in a block, that
 * only talks about the markers stays. Where a thought has an end and no beginning, because the prompt held it, all
 * that came before was thought. A thought without an end that began amid the answer is none: nothing gets lost.
 */
export class ThoughtFilter {
  #mode: Mode = { type: 'answer' };
  #code = new MarkdownCode();
  /** What may become a marker. */
  #held = '';
  /** The last character before it. */
  #before = '';
  /** White space that waits for the first word. */
  #blank = '';
  #out = '';
  #withdraw = false;
  /** Whether there is answer outside of this piece that could be withdrawn. */
  #isGiven = false;
  #sawOpening = false;
  #sawThought = false;
  #sawChannels = false;
  #hadLoneEnd = false;

  /** @param beginsInThought the prompt held the beginning: a thought that ends nowhere is then the answer */
  constructor(beginsInThought = false) {
    if (beginsInThought) this.#mode = { type: 'thought', until: 'any', raw: '', isFirst: false };
  }

  /** A thought has ended that never began: the next answers of this model will do the same. */
  get beganInThought(): boolean {
    return this.#hadLoneEnd;
  }

  /** Whether it has been in a thought since the beginning, and has not seen an end of it. */
  get isUndecided(): boolean {
    return this.#mode.type === 'thought' && this.#mode.until === 'any';
  }

  push(text: string): Filtered {
    for (let at = 0; at < text.length; ) {
      MARKER_START.lastIndex = at;
      const start = this.#held === '' ? (MARKER_START.exec(text)?.index ?? text.length) : at;
      if (start > at) this.#pass(text.slice(at, start));
      if (start < text.length) this.#push(text.charAt(start));
      at = start + 1;
    }
    return this.#take();
  }

  /** What only the end can show. */
  end(): Filtered {
    this.#flushHeld();
    const mode = this.#mode;
    this.#mode = { type: 'answer' };
    if (mode.type === 'thought' && !mode.isFirst) {
      if (mode.until === 'any') return this.#again(mode.raw);
      this.#give(mode.raw);
    }
    if (!this.#sawThought) this.#out += this.#blank;
    this.#blank = '';
    return this.#take();
  }

  /** The whole text anew, which did not begin in a thought. */
  #again(raw: string): Filtered {
    const filter = new ThoughtFilter();
    const { text } = filter.push(raw);
    const rest = filter.end();
    return { withdraw: false, text: rest.withdraw ? rest.text : text + rest.text };
  }

  #take(): Filtered {
    const taken = { withdraw: this.#withdraw, text: this.#out };
    this.#isGiven ||= this.#out !== '';
    this.#out = '';
    this.#withdraw = false;
    return taken;
  }

  #push(char: string): void {
    let held = this.#held + char;
    this.#held = '';
    while (held !== '') {
      const isTalk = (this.#mode.type === 'answer' || this.isUndecided) && this.#code.isCode;
      const marker = isTalk ? undefined : markerIn(held);
      if (marker === 'partial') break;
      if (marker && this.#mayBeQuoted()) break;
      held = marker ? this.#meet(marker, held) : this.#step(held);
    }
    this.#held = held;
  }

  /** Gives away the first character, or a whole marker that is quoted, and returns the rest. */
  #step(held: string): string {
    const quoted = this.#mayBeQuoted() ? held.slice(0, -1) : '';
    const marker = quoted === '' ? undefined : markerIn(quoted);
    if (marker === undefined || marker === 'partial') {
      const [first = ''] = held;
      this.#pass(first);
      return held.slice(first.length);
    }
    const last = held.slice(-1);
    if (QUOTE.test(last)) this.#pass(quoted);
    else this.#meet(marker, quoted);
    return last;
  }

  #mayBeQuoted(): boolean {
    return QUOTE.test(this.#before);
  }

  #flushHeld(): void {
    let held = this.#held;
    this.#held = '';
    while (held !== '') {
      const marker = markerIn(held);
      held = marker && marker !== 'partial' ? this.#meet(marker, held) : this.#step(held);
    }
  }

  #pass(text: string): void {
    this.#before = text.slice(-1);
    const mode = this.#mode;
    if (mode.type === 'answer') this.#give(text);
    else {
      if (mode.until === 'any') this.#code.push(text);
      mode.raw += text;
    }
  }

  /** Text of the answer. */
  #give(text: string): void {
    this.#code.push(text);
    const hasBegun = this.#isGiven || this.#out !== '';
    if (hasBegun || text.trim() !== '') {
      if (hasBegun || !this.#sawThought) this.#out += this.#blank + text;
      else this.#out += text.trimStart();
      this.#blank = '';
    } else this.#blank += text;
  }

  /** Returns what is left of the text: nothing. */
  #meet(marker: Marker, text: string): '' {
    const mode = this.#mode;
    if (mode.type === 'thought') this.#meetInThought(marker, text, mode);
    else if (marker.type === 'message') this.#meetMessage(marker.isAnswer);
    else if (marker.type === 'open') this.#open(marker.close, text);
    else if (marker.type === 'close') this.#meetLoneEnd();
    else if (!this.#sawChannels) this.#pass(text);
    this.#before = text.slice(-1);
    return '';
  }

  #meetInThought(marker: Marker, text: string, { until, raw }: Extract<Mode, { type: 'thought' }>): void {
    const isAny = until === 'any';
    if (marker.type === 'message' && (isAny || until === 'message-end')) this.#meetMessage(marker.isAnswer);
    else if (marker.type === 'close' && isAny) this.#meetLoneEnd();
    else if (marker.type === 'open' && isAny && raw.trim() === '') this.#open(marker.close, text);
    else if (until === (marker.type === 'close' ? marker.word : marker.type)) this.#endThought();
    else this.#pass(text);
  }

  #open(until: string, text: string): void {
    const isFirst = !this.#isGiven && this.#out === '';
    this.#sawOpening = true;
    this.#mode = { type: 'thought', until, raw: text, isFirst };
  }

  #meetMessage(isAnswer: boolean): void {
    if (isAnswer && this.#mode.type === 'answer' && !this.#sawChannels) this.#drop();
    this.#sawChannels = true;
    this.#endThought();
    if (!isAnswer) this.#mode = { type: 'thought', until: 'message-end', raw: '', isFirst: true };
  }

  #meetLoneEnd(): void {
    const hasText = this.#isGiven || this.#out !== '' || this.isUndecided;
    this.#hadLoneEnd ||= hasText && !this.#sawOpening;
    this.#drop();
    this.#endThought();
  }

  #endThought(): void {
    this.#mode = { type: 'answer' };
    this.#sawThought = true;
    this.#blank = '';
  }

  /** Takes back the answer so far. */
  #drop(): void {
    this.#withdraw ||= this.#isGiven;
    this.#isGiven = false;
    this.#out = '';
    this.#code = new MarkdownCode();
    this.#sawThought = true;
  }
}
