import type { Writable } from 'node:stream';
import {
  type Call,
  type Limits,
  type Outcome,
  type Reply,
  type ReplyFile,
  unlimited,
  type View,
} from '../../src/platform.ts';

/** What colours a reply on its way to the terminal, piece by piece. */
export interface Painter {
  push(text: string): string;
  end(): string;
}

/** In a pipe nothing is coloured. */
export const plain: Painter = { push: (text) => text, end: () => '' };

/** Puts a file of an answer where the person finds it, and gives its path. */
export type KeepFile = (file: ReplyFile) => Promise<string>;

export interface PrinterOptions {
  answers: Writable;
  notes: Writable;
  painter: Painter;
  keep: KeepFile;
}

/** A reply in a terminal or a pipe: one endless part, of which only what is new is printed. */
export class Printer implements Reply {
  readonly limits: Limits = { characters: Number.POSITIVE_INFINITY, tables: 'markdown' };
  readonly #answers: Writable;
  readonly #notes: Writable;
  readonly #painter: Painter;
  readonly #keep: KeepFile;
  #printed = '';
  #ended = false;

  constructor({ answers, notes, painter, keep }: PrinterOptions) {
    this.#answers = answers;
    this.#notes = notes;
    this.#painter = painter;
    this.#keep = keep;
  }

  next({ parts: [part], files, outcome }: View): Call | undefined {
    if (part && part.source !== this.#printed) return this.#call(() => this.#print(part.source));
    if (!outcome || this.#ended) return undefined;
    const end = () => this.#end(part?.closing ?? '', files, outcome);
    return { ...this.#call(end), files: files.map(({ id }) => id) };
  }

  #call(send: () => Promise<void>): Call {
    return { budget: unlimited, send };
  }

  /** A reply grows at its end; one that was put right in its midst is printed again, below. */
  async #print(text: string): Promise<void> {
    const grown = text.startsWith(this.#printed);
    const fresh = grown ? text.slice(this.#printed.length) : `\n\n${text}`;
    this.#printed = text;
    await this.#write(this.#painter.push(fresh));
  }

  async #end(closing: string, files: readonly ReplyFile[], outcome: Outcome): Promise<void> {
    this.#ended = true;
    const rest = this.#painter.push(closing) + this.#painter.end();
    const whole = this.#printed + closing;
    await this.#write(whole === '' || whole.endsWith('\n') ? rest : `${rest}\n`);
    for (const file of files) {
      const shows = file.description === undefined ? '' : `: ${file.description}`;
      this.#notes.write(`File: ${await this.#keep(file)}${shows}\n`);
    }
    if (outcome.status === 'completed' && outcome.notice) this.#notes.write(`${outcome.notice}\n`);
    if (outcome.status === 'failed') this.#notes.write(`Error: ${outcome.error}\n`);
    if (outcome.status === 'stopped') this.#notes.write('Stopped.\n');
  }

  async #write(text: string): Promise<void> {
    if (text === '' || this.#answers.write(text)) return;
    await new Promise((resolve) => {
      this.#answers.once('drain', resolve);
      this.#answers.once('close', resolve);
    });
  }
}
