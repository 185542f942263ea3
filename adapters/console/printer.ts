import type { Writable } from 'node:stream';
import { type Call, type Reply, unlimited } from '../../src/platform.ts';
import { openQuestions } from '../../src/reply/questions.ts';
import { doingOf, isAtWork, isSilent } from '../../src/reply/transcript/call-words.ts';
import type { ApprovalState, Limits, Outcome, PlacedCall, ReplyFile, View } from '../../src/view.ts';
import { PlainLines, type Screen, SpinnerLine, type WorkLine } from './work-line.ts';

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
  answers: Screen;
  notes: Writable;
  painter: Painter;
  keep: KeepFile;
  /** Is told what people are asked, whenever that changes. */
  ask?: (questions: readonly ApprovalState[]) => void;
}

/** A reply in a terminal or a pipe: one endless part, of which only what is new is printed. */
export class Printer implements Reply {
  readonly limits: Limits = { characters: Number.POSITIVE_INFINITY, tables: 'markdown' };
  readonly #answers: Writable;
  readonly #notes: Writable;
  readonly #painter: Painter;
  readonly #keep: KeepFile;
  readonly #isTerminal: boolean;
  readonly #work: WorkLine;
  readonly #ask: (questions: readonly ApprovalState[]) => void;
  #printed = '';
  /** The line end that comes next in the text is printed already, so that the work has a line of its own. */
  #hasLineEnd = false;
  #asked = '';
  #ended = false;

  constructor({ answers, notes, painter, keep, ask = () => {} }: PrinterOptions) {
    this.#answers = answers;
    this.#notes = notes;
    this.#painter = painter;
    this.#keep = keep;
    this.#isTerminal = answers.isTTY === true;
    this.#work = this.#isTerminal ? new SpinnerLine(answers) : new PlainLines(notes);
    this.#ask = ask;
  }

  next(view: View): Call | undefined {
    const {
      parts: [part],
      files,
      outcome,
    } = view;
    if (part && part.source !== this.#printed) return this.#call(() => this.#print(part.source));
    const questions = openQuestions(view);
    if (!outcome) this.#showWork(view);
    const asked = questions.map(({ id }) => id).join(' ');
    if (asked !== this.#asked) return this.#call(async () => this.#askNow(questions, asked));
    if (!outcome || this.#ended) return undefined;
    const end = () => this.#end(part?.closing ?? '', files, outcome);
    return { ...this.#call(end), files: files.map(({ id }) => id) };
  }

  close(): void {
    this.#work.show('');
  }

  #askNow(questions: readonly ApprovalState[], asked: string): void {
    this.#asked = asked;
    this.#ask(questions);
  }

  #call(send: () => Promise<void>): Call {
    const alone = () => {
      this.#work.show('');
      return send();
    };
    return { budget: unlimited, send: alone };
  }

  /** Not while code is being written: there the cursor stands in the midst of a line. */
  #showWork({ calls }: View): void {
    const atWork = calls.filter(isAtWork);
    const doing = atWork.some(isBeingWritten) ? '' : workOf(atWork, this.#isTerminal);
    if (doing !== '' && this.#isTerminal) this.#beginLine();
    this.#work.show(doing);
  }

  /** What follows a text while a tool is called begins with a line end. */
  #beginLine(): void {
    if (this.#hasLineEnd || this.#printed === '' || this.#printed.endsWith('\n')) return;
    this.#hasLineEnd = true;
    this.#answers.write(this.#painter.push('\n'));
  }

  /** A reply grows at its end; one that was put right in its midst is printed again, below. */
  async #print(text: string): Promise<void> {
    const grown = text.startsWith(this.#printed);
    const fresh = grown ? this.#withoutLineEnd(text.slice(this.#printed.length)) : `\n\n${text}`;
    this.#printed = text;
    await this.#write(this.#painter.push(fresh));
  }

  /** Space at the end of a line comes with what follows it, too late to be seen. */
  #withoutLineEnd(fresh: string): string {
    const isThere = this.#hasLineEnd;
    if (fresh !== '') this.#hasLineEnd = false;
    return isThere ? fresh.replace(/^[^\S\n]*\n/, '') : fresh;
  }

  async #end(closing: string, files: readonly ReplyFile[], outcome: Outcome): Promise<void> {
    this.#ended = true;
    const fresh = this.#withoutLineEnd(closing);
    const rest = this.#painter.push(fresh) + this.#painter.end();
    const whole = this.#printed + closing;
    const isAtStart = whole === '' || whole.endsWith('\n') || this.#hasLineEnd;
    await this.#write(isAtStart ? rest : `${rest}\n`);
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

/** Code whose output has not begun. */
function isBeingWritten(placed: PlacedCall): boolean {
  const { call } = placed;
  return call.type === 'code_interpreter' && !isSilent(placed) && call.outputs.length === 0;
}

/** All that is done at once, in a line; of code that is shown only a spinner has something to add. */
function workOf(calls: readonly PlacedCall[], isTerminal: boolean): string {
  const told = calls.filter((call) => isTerminal || isSilent(call)).map(({ call }) => doingOf(call));
  return [...new Set(told)].join(' · ');
}
