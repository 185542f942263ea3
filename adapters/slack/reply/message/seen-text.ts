import { cardsBeside } from '../content/cards.ts';
import { digestOf, type KeptMessage } from '../kept.ts';
import type { MessageView } from './message-view.ts';

/**
 * While an answer is written anew over one that had begun, people see the longer old text for so long, in milliseconds:
 * a text that shrinks and grows again is hard to read, and one that stands still for longer seems stuck.
 */
const HELD_MS = 5_000;

/** What people see of a message that is edited, as far as that is known. */
export class SeenText {
  /** All that it shows; undefined while only its digest is known, or neither. */
  #key: string | undefined;
  /** Of what another process goes by: the last text that was seen for sure. */
  #digest: string | undefined;
  /** Whether an edit is on its way, or its answer was lost: it shows one text or the other. */
  #isUncertain = false;
  /** Whether nothing more was to be seen there. */
  #isOver = false;
  #length = 0;
  /** Whether it comes from another process, whose text the answer may be written over. */
  #isOld = false;
  #heldSince: number | undefined;

  /** The message shows this. */
  shows(view: MessageView): void {
    this.#key = keyOf(view);
    this.#digest = digestOf(this.#key);
    this.#length = view.text.length;
    this.#isUncertain = false;
    this.#isOver = view.ending !== undefined;
  }

  /**
   * An edit is on its way. One that goes back over a text that was over may be the last of this process: who goes on must
   * not find the message over already.
   */
  changes(): void {
    this.#isUncertain = true;
    if (this.#isOver) this.#digest = undefined;
    this.#isOver = false;
  }

  /** The message was begun by another process, which showed this. */
  goOnWith({ length = 0, shown }: Pick<KeptMessage, 'length' | 'shown'>): void {
    this.#isOld = true;
    this.#isOver = true;
    this.#key = undefined;
    this.#digest = shown;
    this.#length = length;
  }

  /** Its stream has ended with so many characters of text. */
  endsAt(length: number): void {
    if (this.#isOld) this.#length = length;
  }

  /** Whether it shows just this already. */
  isAt(view: MessageView): boolean {
    if (this.#isUncertain) return false;
    const key = keyOf(view);
    if (this.#key !== undefined || this.#digest === undefined) return this.#key === key;
    return this.#digest === digestOf(key);
  }

  /** Whether the longer old text goes on standing there. Seconds of the adapter last `timeScale` seconds. */
  isHeld({ text, questions, ending }: MessageView, timeScale: number): boolean {
    if (!this.#isOld || ending || questions?.length || text.length >= this.#length) return false;
    this.#heldSince ??= performance.now();
    return performance.now() - this.#heldSince < HELD_MS * timeScale;
  }

  get kept(): Pick<KeptMessage, 'length' | 'shown'> {
    const length = this.#length > 0 && { length: this.#length };
    return { ...length, ...(this.#digest !== undefined && { shown: this.#digest }) };
  }
}

function keyOf({ text, cards, questions, ending }: MessageView): string {
  const beside = cardsBeside(cards);
  const told = beside.length > 0 ? JSON.stringify(beside) : '';
  const under = ending ?? (questions?.length ? questions : undefined);
  return `${under ? JSON.stringify(under) : 'growing'} ${told}${text}`;
}
