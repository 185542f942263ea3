import type { Writable } from 'node:stream';
import type { Outcome, Reply } from '../../src/platform.ts';
import type { Limits, Part } from '../../src/reply/layout.ts';

/** What colours a reply on its way to the terminal, piece by piece. */
export interface Painter {
  push(text: string): string;
  end(): string;
}

/** In a pipe nothing is coloured. */
export const plain: Painter = { push: (text) => text, end: () => '' };

/** A reply in a terminal or a pipe: one endless part, of which only what is new is printed. */
export class Printer implements Reply {
  readonly limits: Limits = { characters: Number.POSITIVE_INFINITY, tables: 'markdown' };
  readonly #answers: Writable;
  readonly #errors: Writable;
  readonly #painter: Painter;
  #printed = '';
  #closing = '';

  constructor(answers: Writable, errors: Writable, painter: Painter) {
    this.#answers = answers;
    this.#errors = errors;
    this.#painter = painter;
  }

  async show(_index: number, part: Part): Promise<void> {
    this.#closing = part.closing;
    await this.#write(this.#painter.push(this.#newTextOf(part.source)));
  }

  async end(outcome: Outcome): Promise<void> {
    const whole = this.#printed + this.#closing;
    const rest = this.#painter.push(this.#closing) + this.#painter.end();
    await this.#write(whole === '' || whole.endsWith('\n') ? rest : `${rest}\n`);
    if (outcome.status === 'failed') this.#errors.write(`Error: ${outcome.error}\n`);
    if (outcome.status === 'stopped') this.#errors.write('Stopped.\n');
  }

  /** A reply grows at its end; one that was put right in its midst is printed again, below. */
  #newTextOf(text: string): string {
    const grown = text.startsWith(this.#printed);
    const fresh = grown ? text.slice(this.#printed.length) : `\n\n${text}`;
    this.#printed = text;
    return fresh;
  }

  async #write(text: string): Promise<void> {
    if (text === '' || this.#answers.write(text)) return;
    await new Promise((resolve) => {
      this.#answers.once('drain', resolve);
      this.#answers.once('close', resolve);
    });
  }
}
