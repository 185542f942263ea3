/** The argument of the `code_interpreter` function that holds the Python. */
const KEY = 'code';

const SIMPLE_ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/** Which string is being read, if any: a key, the code, or one that nobody needs. */
type Sink = 'none' | 'key' | 'code' | 'other';

/**
 * Decodes the code out of a tool call's JSON arguments while they are still being written, so that people see it
 * grow. Models don't always send JSON: a bare JSON string and bare Python are taken for the code too, and so are
 * raw line breaks inside the string.
 */
export class CodeArgument {
  #form: 'unknown' | 'json' | 'bare' = 'unknown';
  #raw = '';
  #code = '';
  #depth = 0;
  #sink: Sink = 'none';
  #escape = '';
  #key = '';
  #expectsKey = true;
  #found = false;

  /** Takes the next piece of the arguments and returns the piece of code that it completes. */
  push(delta: string): string {
    this.#raw += delta;
    const text = this.#form === 'unknown' ? this.#recognise() : delta;
    const written = this.#form === 'bare' ? text : this.#read(text);
    this.#code += written;
    return written;
  }

  /** Returns what only the end can show: Python that looked like JSON when it began. */
  end(): string {
    if (this.#found || this.#form !== 'json' || isJson(this.#raw)) return '';
    this.#code = this.#raw;
    return this.#raw;
  }

  /** The code so far. */
  get code(): string {
    return this.#code;
  }

  /** Returns all that came, once it is clear what it is. A triple quote opens Python, not JSON. */
  #recognise(): string {
    const text = this.#raw.trimStart();
    if (text === '' || text === '"' || text === '""') return '';
    const isJson = text.startsWith('{') || (text.startsWith('"') && !text.startsWith('"""'));
    this.#form = isJson ? 'json' : 'bare';
    return text;
  }

  #read(text: string): string {
    let written = '';
    let at = 0;
    while (at < text.length) {
      if (this.#sink === 'none') this.#structure(text.charAt(at++));
      else if (this.#escape !== '') written += this.#keep(this.#unescape(text.charAt(at++)));
      else {
        const end = endOfPlain(text, at);
        written += this.#keep(text.slice(at, end));
        at = end;
        if (at < text.length) this.#special(text.charAt(at++));
      }
    }
    return written;
  }

  #structure(char: string): void {
    if (char === '"') this.#openString();
    else if (char === '{' || char === '[') this.#depth++;
    else if (char === '}' || char === ']') this.#depth--;
    else if (this.#depth === 1 && char === ':') this.#expectsKey = false;
    else if (this.#depth === 1 && char === ',') this.#expectsKey = true;
  }

  #openString(): void {
    if (this.#depth === 1 && this.#expectsKey) {
      this.#sink = 'key';
      this.#key = '';
      return;
    }
    const isCode = this.#depth === 0 || (this.#depth === 1 && this.#key === KEY);
    this.#sink = isCode && !this.#found ? 'code' : 'other';
    if (isCode) this.#found = true;
  }

  /** A quote or a backslash inside a string. */
  #special(char: string): void {
    if (char === '\\') this.#escape = char;
    else this.#sink = 'none';
  }

  #unescape(char: string): string {
    const sequence = this.#escape + char;
    if (sequence[1] === 'u' && sequence.length < 6) {
      this.#escape = sequence;
      return '';
    }
    this.#escape = '';
    if (sequence[1] === 'u') return String.fromCharCode(Number.parseInt(sequence.slice(2), 16));
    return SIMPLE_ESCAPES[char] ?? char;
  }

  #keep(text: string): string {
    if (this.#sink === 'key') this.#key += text;
    return this.#sink === 'code' ? text : '';
  }
}

function endOfPlain(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22 || char === 0x5c) return at;
  }
  return text.length;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
