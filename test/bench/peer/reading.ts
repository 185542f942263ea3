import { setTimeout as sleep } from 'node:timers/promises';
import type { Writing } from './model.ts';
import type { Conversation, Stage } from './stages/stage.ts';
import { missing, words } from './text.ts';

const LOOK_MS = 20;
/** After the whole text a bot may still end its message: with buttons, a status, a stream's stop. */
const AFTERWORD_MS = 1_500;
/** So long without a call, after the model's end, means that nothing more will come; no ordered pause is as long. */
const SILENCE_MS = 10_000;

/** What a person sees of one reply as it grows; times are those of `Date.now()`. */
export class Reading {
  readonly #stage: Stage;
  readonly #conversation: Conversation;
  readonly #writing: Writing;
  readonly #first: number;
  #stop: () => void;
  /** When the first word showed. */
  firstAt: number | undefined;
  /** When all of it showed for the first time. */
  wholeAt: number | undefined;

  constructor(stage: Stage, conversation: Conversation, writing: Writing) {
    this.#stage = stage;
    this.#conversation = conversation;
    this.#writing = writing;
    this.#first = words(writing.text)[0] ?? Number.NaN;
    this.#stop = stage.watch((key) => {
      if (key === conversation.key) this.#look();
    });
  }

  /** How many words are missing, or stand there twice, at this moment. */
  missing(): number {
    return missing(this.#writing.text, this.#stage.shown(this.#conversation));
  }

  /** The messages in which something of the text stands. */
  messages(): number {
    return this.#stage.shown(this.#conversation).filter((text) => words(text).length > 0).length;
  }

  /**
   * Resolves once the text is all there and the bot calls no more, or the model has ended and nothing comes.
   *
   * @param silenceMs How long without a call means that nothing will come.
   */
  async over(silenceMs = SILENCE_MS): Promise<void> {
    const began = Date.now();
    for (;;) {
      await sleep(LOOK_MS);
      const lastCall = this.#stage.calls().at(-1)?.at ?? 0;
      const quiet = Date.now() - Math.max(lastCall, began);
      const isWritten = this.#writing.lastAt !== undefined || this.#writing.askedAt === undefined;
      if (isWritten && quiet > (this.wholeAt === undefined ? silenceMs : AFTERWORD_MS)) break;
    }
    this.#stop();
  }

  #look(): void {
    const shown = this.#stage.shown(this.#conversation);
    if (this.firstAt === undefined && words(shown.join('\n')).includes(this.#first))
      this.firstAt = Date.now();
    const mayBeWhole = this.wholeAt === undefined && this.#writing.lastAt !== undefined;
    if (mayBeWhole && missing(this.#writing.text, shown) === 0) this.wholeAt = Date.now();
  }
}
