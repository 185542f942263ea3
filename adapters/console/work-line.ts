import type { Writable } from 'node:stream';

/** A terminal's stream knows how wide it is, in characters. */
export type Screen = Writable & { isTTY?: boolean; columns?: number };

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Between two frames, in ms: quick enough to be seen to move. */
const FRAME_MS = 80;

/** Terminals that do not tell have so many characters in a line. */
const USUAL_COLUMNS = 80;

const CLEARED = '\r\x1b[K';

/** Tells what is done right now. Nothing when it is empty. */
export interface WorkLine {
  show(doing: string): void;
}

/** On a terminal: the line that the cursor is in, with a spinner, until something else is told. */
export class SpinnerLine implements WorkLine {
  readonly #screen: Screen;
  #doing = '';
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  show(doing: string): void {
    if (doing === this.#doing) return;
    this.#doing = doing;
    if (doing === '') {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#screen.write(CLEARED);
      return;
    }
    this.#draw();
    this.#timer ??= setInterval(() => this.#draw(), FRAME_MS).unref();
  }

  #draw(): void {
    const line = `${FRAMES[this.#frame++ % FRAMES.length]} ${this.#doing}…`;
    this.#screen.write(CLEARED + line.slice(0, (this.#screen.columns ?? USUAL_COLUMNS) - 1));
  }
}

/** Elsewhere: a line for each thing, once. */
export class PlainLines implements WorkLine {
  readonly #notes: Writable;
  #told = '';

  constructor(notes: Writable) {
    this.#notes = notes;
  }

  show(doing: string): void {
    if (doing !== '' && doing !== this.#told) this.#notes.write(`${doing}…\n`);
    this.#told = doing || this.#told;
  }
}
