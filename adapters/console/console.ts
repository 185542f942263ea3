import { randomUUID } from 'node:crypto';
import { createInterface, type Interface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import type { Bot, IncomingMessage, Platform, Readers, Reply } from '../../src/platform.ts';
import type { ApprovalState } from '../../src/view.ts';
import { Asker } from './asker.ts';
import { MessageReader } from './input.ts';
import { Lines } from './lines.ts';
import { type KeepFile, type Painter, Printer } from './printer.ts';
import type { Screen } from './work-line.ts';

const PROMPT = 'you> ';
/** Shown while a fenced block is open. */
const MORE = '...  ';
/** What a person thinks of the last answer. */
const OPINIONS: ReadonlyMap<string, 'good' | 'bad'> = new Map([
  ['bad answer', 'bad'],
  ['good answer', 'good'],
]);
const GOODBYE_WORDS: ReadonlySet<string> = new Set(['exit', 'quit']);

export interface ConsoleOptions {
  input: Readable & { isTTY?: boolean };
  /** Answers go here, and nothing else. */
  answers: Screen;
  /** The prompt, warnings and errors go here. */
  notes: Writable;
  conversation: string;
  /** The name of the person at the keyboard. */
  author: string;
  /** Printed before the first prompt. */
  greeting: string;
  /** A painter for each reply. */
  painter: () => Painter;
  keep: KeepFile;
}

/** The terminal chat: one conversation, one message at a time, from a keyboard or a pipe. */
export class Console implements Platform {
  readonly name = 'console';
  /** Ends when the person has left or the input is at its end. */
  readonly left: Promise<void>;
  readonly #options: ConsoleOptions;
  readonly #reader = new MessageReader();
  readonly #interactive: boolean;
  #leave: () => void = () => {};
  #lines: Interface | undefined;
  #input: Lines | undefined;
  #asker: Asker | undefined;
  #answering = false;
  #stopping = false;
  readonly #untold: string[] = [];

  constructor(options: ConsoleOptions) {
    this.#options = options;
    this.#interactive = options.input.isTTY === true;
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
  }

  async start(bot: Bot): Promise<void> {
    this.#note(`${this.#options.greeting}\n`);
    const echo = this.#echo();
    this.#lines = createInterface({
      input: this.#options.input,
      ...(this.#interactive && { output: echo, terminal: true, prompt: PROMPT }),
    });
    const interrupt = () => this.#interrupt(bot);
    this.#asker = this.#newAsker(bot);
    this.#lines.on('SIGINT', interrupt);
    process.on('SIGINT', interrupt);
    void this.left.then(() => process.off('SIGINT', interrupt));
    void this.#chat(bot, this.#lines).finally(() => this.#leave());
  }

  reply(): Reply {
    const ask = (questions: readonly ApprovalState[]) => this.#asker?.ask(questions);
    return new Printer({ ...this.#options, painter: this.#options.painter(), ask });
  }

  /** Whoever sits here runs Bobbin, and has the team's files: for them it is every place. */
  async readers(_message: IncomingMessage, named: readonly string[]): Promise<Readers> {
    return { places: named };
  }

  /** The same with people's words: whoever sits here may do what anybody may. */
  async namesOf(_person: string, named: readonly string[]): Promise<readonly string[]> {
    return named;
  }

  async displayNames(_message: IncomingMessage, named: readonly string[]): Promise<Map<string, string>> {
    return new Map(named.map((name) => [name, 'you, who run Bobbin']));
  }

  /** Prints a line that belongs to no answer, as soon as none is being printed. */
  tell(line: string): void {
    this.#untold.push(line);
    if (this.#answering || !this.#lines) return;
    if (this.#interactive) this.#note('\r\x1b[K');
    this.#sayUntold();
    this.#prompt();
  }

  async close(): Promise<void> {
    this.#lines?.close();
    this.#leave();
  }

  async #chat(bot: Bot, lines: Interface): Promise<void> {
    this.#sayUntold();
    this.#prompt();
    this.#input = new Lines(lines);
    for (let line = await this.#input.next(); line !== undefined; line = await this.#input.next()) {
      const text = this.#reader.push(line);
      if (text !== undefined && (await this.#say(bot, text)) === 'goodbye') break;
      this.#sayUntold();
      this.#prompt();
    }
    const unfinished = this.#reader.end();
    if (unfinished) await this.#say(bot, unfinished);
    this.#note('Goodbye.\n');
    lines.close();
  }

  async #say(bot: Bot, text: string): Promise<'goodbye' | 'answered' | 'refused' | 'rated'> {
    const trimmed = text.trim();
    const words = trimmed.toLowerCase();
    if (GOODBYE_WORDS.has(words)) return 'goodbye';
    const opinion = OPINIONS.get(words);
    if (opinion) return this.#rate(bot, opinion);
    if (trimmed === '') {
      this.#note('The message is empty: type a question, or "exit" to leave.\n');
      return 'refused';
    }
    this.#answering = true;
    await bot.receive(this.#message(text)).answered;
    this.#answering = false;
    this.#stopping = false;
    return 'answered';
  }

  #rate(bot: Bot, opinion: 'good' | 'bad'): 'rated' {
    const { conversation, author } = this.#options;
    bot.rate({ conversation, person: author, opinion });
    this.#note('Thank you, noted.\n');
    return 'rated';
  }

  #message(text: string): IncomingMessage {
    const { conversation, author } = this.#options;
    return { id: randomUUID(), conversation, author: { id: author, name: author }, text };
  }

  /** Ctrl-C stops the run; the second one, or one while nothing runs, leaves. */
  #interrupt(bot: Bot): void {
    if (!this.#answering || this.#stopping) {
      this.#note('\n');
      this.#lines?.close();
      this.#leave();
      return;
    }
    this.#stopping = true;
    void bot.stop(this.#options.conversation);
  }

  #newAsker(bot: Bot): Asker {
    const { conversation, author } = this.#options;
    const person = { id: author, name: author };
    return new Asker({
      lines: () => this.#input,
      prompt: (text) => this.#ask(text),
      note: (text) => this.#note(text),
      decide: (approval, said) => bot.decide({ conversation, approval, person, ...said }),
    });
  }

  /** What is asked stands on a line of its own, below the answer as far as it has come. */
  #ask(text: string): void {
    this.#note('\n');
    if (!this.#interactive) this.#note(`${text}\n`);
    else {
      this.#lines?.setPrompt(text);
      this.#lines?.prompt(true);
    }
  }

  #sayUntold(): void {
    for (const line of this.#untold.splice(0)) this.#note(`${line}\n`);
  }

  #prompt(): void {
    if (!this.#interactive) return;
    this.#lines?.setPrompt(this.#reader.open ? MORE : PROMPT);
    this.#lines?.prompt(true);
  }

  #note(text: string): void {
    this.#options.notes.write(text);
  }

  /** Where readline draws what is typed: nowhere while an answer is printed. It appears with the next prompt. */
  #echo(): Writable {
    const { notes } = this.#options;
    const echo = new Writable({
      write: (chunk, _encoding, done) => {
        if (!this.#answering || this.#asker?.isAsking) notes.write(chunk);
        done();
      },
    });
    return Object.assign(echo, { columns: (notes as { columns?: number }).columns });
  }
}
