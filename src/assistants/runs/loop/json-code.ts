/** The argument of the `code_interpreter` function that holds the Python. */
const KEY = 'code';

/** What models call it instead, and what they put it into; the first that holds any code counts. */
const OTHER_KEYS = ['python', 'python_code', 'input', 'source', 'script', 'arguments', 'parameters'];

const BEGINNING = new RegExp(`^\\{\\s*"(?:${[KEY, ...OTHER_KEYS].join('|')})"\\s*:`);
/** An object that has not shown a key by then, in characters, holds no code. */
const BEGINNING_LENGTH = 64;

const SIMPLE_ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/** Which string is being read, if any: a key, the code, or one that nobody needs. */
type Sink = 'none' | 'key' | 'code' | 'other';

/**
 * Decodes the code out of JSON arguments while they are still being written. Models don't always send JSON: a bare
 * JSON string and bare Python are taken for the code too, and so are raw line breaks inside the string, a list of
 * lines, and code under another key.
 */
export class JsonCode {
  #form: 'unknown' | 'json' | 'bare' = 'unknown';
  #raw = '';
  #depth = 0;
  #sink: Sink = 'none';
  #escape = '';
  #key = '';
  #expectsKey = true;
  #found = false;
  #isInList = false;
  /** The last character of the list's line before; undefined before the first. */
  #lineEnd: string | undefined;
  #hasCode = false;

  /** Takes the next piece of the arguments and returns the piece of code that it completes. */
  push(delta: string): string {
    this.#raw += delta;
    const text = this.#form === 'unknown' ? this.#recognise() : delta;
    const written = this.#form === 'bare' ? text : this.#read(text);
    this.#hasCode ||= written !== '';
    return written;
  }

  /** Returns what only the end can show: code in an unusual place, and Python that looked like JSON when it began. */
  end(): string {
    if (this.#hasCode || this.#raw.trim() === '') return '';
    const value = parse(this.#raw);
    if (value === undefined) return this.#found ? '' : this.#raw;
    return codeIn(value) || (Array.isArray(value) ? this.#raw : '');
  }

  /** Returns all that came, once it is clear what it is. A triple quote opens Python, not JSON; a list may be either. */
  #recognise(): string {
    const text = this.#raw.trimStart();
    if (text === '' || text === '"' || text === '""' || text.startsWith('[')) return '';
    const isJson = text.startsWith('{') || (text.startsWith('"') && !text.startsWith('"""'));
    this.#form = isJson ? 'json' : 'bare';
    return text;
  }

  #read(text: string): string {
    let written = '';
    let at = 0;
    while (at < text.length) {
      if (this.#sink === 'none') written += this.#structure(text.charAt(at++));
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

  /** Returns the line break between two lines of a list. */
  #structure(char: string): string {
    if (char === '"') return this.#openString();
    if (char === '[' && this.#depth === 1 && this.#isCode()) this.#isInList = this.#found = true;
    if (char === '{' || char === '[') this.#depth++;
    else if (char === '}' || char === ']') this.#depth--;
    else if (this.#depth === 1 && char === ':') this.#expectsKey = false;
    else if (this.#depth === 1 && char === ',') this.#expectsKey = true;
    if (this.#depth === 1) this.#isInList &&= char !== ']';
    return '';
  }

  #isCode(): boolean {
    return !this.#found && (this.#depth === 0 || (!this.#expectsKey && this.#key === KEY));
  }

  #openString(): string {
    if (this.#isInList && this.#depth === 2) {
      const isNext = this.#lineEnd !== undefined && this.#lineEnd !== '\n';
      this.#sink = 'code';
      this.#lineEnd = '';
      return isNext ? '\n' : '';
    }
    if (this.#depth === 1 && this.#expectsKey) {
      this.#sink = 'key';
      this.#key = '';
      return '';
    }
    const isCode = this.#depth <= 1 && this.#isCode();
    this.#sink = isCode ? 'code' : 'other';
    this.#found ||= isCode;
    return '';
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
    if (this.#sink !== 'code') return '';
    this.#lineEnd = text.at(-1) ?? this.#lineEnd;
    return text;
  }
}

/** Whether the text is a JSON object that holds code; undefined while that is open. */
export function beginsJsonCode(text: string): boolean | undefined {
  if (!text.startsWith('{')) return false;
  if (BEGINNING.test(text)) return true;
  return text.includes(':') || text.length > BEGINNING_LENGTH ? false : undefined;
}

/** The code in arguments of an unusual form: a text, a list of lines, or either of them under a likely key. */
function codeIn(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.every((line) => typeof line === 'string') ? joined(value) : '';
  if (typeof value !== 'object' || value === null) return '';
  const values = new Map<string, unknown>(Object.entries(value));
  return [KEY, ...OTHER_KEYS].map((key) => codeIn(values.get(key))).find((code) => code !== '') ?? '';
}

function joined(lines: string[]): string {
  return lines
    .map((line, at) => (at === lines.length - 1 || line.endsWith('\n') ? line : `${line}\n`))
    .join('');
}

function endOfPlain(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22 || char === 0x5c) return at;
  }
  return text.length;
}

/** The JSON, in whose strings line breaks may stand as they are; undefined when it is none. */
function parse(text: string): unknown {
  const escaped = () =>
    text.replace(/"(?:[^"\\]|\\[\s\S])*"/g, (string) =>
      string.replace(/[\n\r\t]/g, (char) => JSON.stringify(char).slice(1, -1)),
    );
  for (const attempt of [() => text, escaped]) {
    try {
      return JSON.parse(attempt());
    } catch {
      // The next attempt, or none.
    }
  }
  return undefined;
}
