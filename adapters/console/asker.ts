import type { Word } from '../../src/platform.ts';
import type { ApprovalState } from '../../src/view.ts';
import type { Lines } from './lines.ts';

const WHY = 'Why not? The assistant reads this; Enter for no reason: ';
const ONLY = 'Type "y" or "n"; what you have typed comes next.\n';
const END: Said = { isApproved: false, reason: 'Nobody was there to say so.' };

const YES: ReadonlySet<string> = new Set(['y', 'yes']);
const NO: ReadonlySet<string> = new Set(['n', 'no']);

type Said = Pick<Word, 'isApproved' | 'reason'>;

export interface AskerOptions {
  lines: () => Lines | undefined;
  /** Shows a line that asks for one. */
  prompt(text: string): void;
  note(text: string): void;
  /** Gives a sentence where what was said does not count. */
  decide(approval: string, said: Said): Promise<string | undefined>;
}

/** Asks whoever sits at the terminal, with y and n, whether calls may be made. */
export class Asker {
  readonly #options: AskerOptions;
  #open: readonly ApprovalState[] = [];
  readonly #answered = new Set<string>();
  #changed = Promise.withResolvers<void>();
  #isAsking = false;

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  /** Whether what is typed now is an answer. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** These are the questions that are open from now on. */
  ask(questions: readonly ApprovalState[]): void {
    this.#open = questions;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    if (!this.#isAsking) void this.#askAll();
  }

  async #askAll(): Promise<void> {
    this.#isAsking = true;
    for (let question = this.#next(); question; question = this.#next()) {
      const said = await this.#answerTo(question);
      this.#answered.add(question.id);
      const objection = said && (await this.#options.decide(question.id, said));
      if (objection) this.#options.note(`${objection}\n`);
    }
    this.#isAsking = false;
  }

  #next(): ApprovalState | undefined {
    return this.#open.find(({ id }) => !this.#answered.has(id));
  }

  /** Undefined when the question is closed before it is answered. */
  async #answerTo({ id, number }: ApprovalState): Promise<Said | undefined> {
    const { lines, prompt, note } = this.#options;
    const which = number === undefined ? '' : `${number}: `;
    for (;;) {
      prompt(`${which}Do it? (y/n) `);
      const line = await this.#line(id);
      if (line === 'closed') return undefined;
      if (line === 'end') return END;
      const word = line.text.trim().toLowerCase();
      if (YES.has(word)) return { isApproved: true };
      if (NO.has(word)) return this.#reason(id);
      lines()?.postpone(line.text);
      note(ONLY);
    }
  }

  async #reason(id: string): Promise<Said | undefined> {
    this.#options.prompt(WHY);
    const line = await this.#line(id);
    if (line === 'closed') return undefined;
    return { isApproved: false, reason: line === 'end' ? undefined : line.text };
  }

  /** The next line. What is typed once the question is closed is no answer, and stays for whoever reads next. */
  async #line(id: string): Promise<{ text: string } | 'end' | 'closed'> {
    const lines = this.#options.lines();
    if (!lines) return 'end';
    const isOpen = () => this.#open.some((question) => question.id === id);
    while (isOpen()) {
      const coming = lines.coming().then((text) => ({ text }));
      const line = await Promise.race([coming, this.#changed.promise]);
      if (!line || !isOpen()) continue;
      await lines.taken();
      return line.text === undefined ? 'end' : { text: line.text };
    }
    return 'closed';
  }
}
