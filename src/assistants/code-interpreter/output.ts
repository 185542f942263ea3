import type { Printed } from './python-call.ts';

/** How long a sentence of the sandbox's own may be, in characters: it may quote an error or a name of a file. */
const SENTENCE = 2_000;

/** What one call prints: bytes become text, and only so many of them. */
export class Output {
  readonly #onOutput: (text: string) => void;
  readonly #decoder = new TextDecoder();
  readonly #limit: number;
  #bytes = 0;
  #pending = '';
  #atLineStart = true;
  #failure: { error: unknown } | undefined;

  /** @param limit how many bytes of it are shown */
  constructor(limit: number, onOutput: (text: string) => void) {
    this.#limit = limit;
    this.#onOutput = onOutput;
  }

  /** Adds what the code printed. What came in one piece is told in one piece. */
  write(bytes: Uint8Array): void {
    const room = this.#limit - this.#bytes;
    if (room < 0) return;
    this.#bytes += bytes.length;
    this.#add(this.#decoder.decode(bytes.subarray(0, room), { stream: true }));
  }

  /** Says that there was more than the limit, where there was, and how much in all, where that is known. */
  tellCut(printed?: Printed): void {
    if (this.#bytes <= this.#limit) return;
    const all = printed && `; in all it had ${lineCount(printed.lines)}, ${sizeOf(printed.bytes)}`;
    this.tell(`The output was cut after ${sizeOf(this.#limit)}${all ?? ''}.`);
  }

  /** Adds a sentence of the sandbox's own, on a line of its own and whatever was printed. */
  tell(sentence: string): void {
    const cut = sentence.length > SENTENCE ? `${sentence.slice(0, SENTENCE).toWellFormed()}…` : sentence;
    this.#add(`${this.#atLineStart ? '' : '\n'}${cut}\n`);
  }

  /** Hands over what is left. Throws what the listener threw at any time. */
  end(): void {
    this.#flush();
    if (this.#failure) throw this.#failure.error;
  }

  #flush(): void {
    const text = this.#pending;
    this.#pending = '';
    try {
      if (text) this.#onOutput(text);
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #add(text: string): void {
    if (!text) return;
    if (!this.#pending) queueMicrotask(() => this.#flush());
    this.#pending += text;
    this.#atLineStart = text.endsWith('\n');
  }
}

function lineCount(lines: number): string {
  return `${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}`;
}

/** @param bytes as people say it, such as `64 KB` or `1,024 MB` */
export function sizeOf(bytes: number): string {
  const [count, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KB'] : [bytes / 1024 / 1024, 'MB'];
  return `${Math.round(count).toLocaleString('en')} ${unit}`;
}
