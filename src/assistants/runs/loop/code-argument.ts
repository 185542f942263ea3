import { FencedCode } from './fenced-code.ts';
import { beginsJsonCode, JsonCode } from './json-code.ts';

/** What decodes text while it is still being written. */
interface Decoder {
  push(text: string): string;
  end(): string;
}

const PLAIN: Decoder = { push: (text) => text, end: () => '' };

/**
 * Decodes the code out of a tool call's arguments while they are still being written, so that people see it grow.
 * The code may be wrapped once more: in a Markdown fence, or in the JSON of another call, but that in no third one.
 */
export class CodeArgument {
  readonly #isWrapped: boolean;
  readonly #json = new JsonCode();
  /** What the code begins with, until that shows what it is wrapped in. */
  #start = '';
  #wrapping: Decoder | undefined;
  #code = '';

  constructor(isWrapped = false) {
    this.#isWrapped = isWrapped;
  }

  /** Takes the next piece of the arguments and returns the piece of code that it completes. */
  push(delta: string): string {
    return this.#keep(this.#unwrap(this.#json.push(delta)));
  }

  /** Returns what only the end can show. */
  end(): string {
    const code = this.#unwrap(this.#json.end());
    if (this.#wrapping) return this.#keep(code + this.#wrapping.end());
    return this.#keep(this.#start);
  }

  /** The code so far. */
  get code(): string {
    return this.#code;
  }

  #unwrap(text: string): string {
    if (this.#wrapping) return this.#wrapping.push(text);
    this.#start += text;
    this.#wrapping = wrappingOf(this.#start, this.#isWrapped);
    return this.#wrapping?.push(this.#start) ?? '';
  }

  #keep(code: string): string {
    this.#code += code;
    return code;
  }
}

/** What the code is wrapped in; undefined until it has shown itself. No Python begins with a backtick. */
function wrappingOf(code: string, isWrapped: boolean): Decoder | undefined {
  const start = code.trimStart();
  if (start.startsWith('`') || start.startsWith('~~~')) return new FencedCode();
  if (start === '' || '~~~'.startsWith(start)) return undefined;
  const isJson = !isWrapped && beginsJsonCode(start);
  if (isJson === undefined) return undefined;
  return isJson ? new CodeArgument(true) : PLAIN;
}
