import { styleText } from 'node:util';
import { common, createLowlight } from 'lowlight';

type Style = Parameters<typeof styleText>[0];
type Nodes = ReturnType<ReturnType<typeof createLowlight>['highlight']>['children'];

/** Terminal styles by highlight.js's class names; what is not here stays plain. */
const STYLES: Readonly<Record<string, Style>> = {
  'hljs-keyword': 'magenta',
  'hljs-built_in': 'cyan',
  'hljs-literal': 'yellow',
  'hljs-number': 'yellow',
  'hljs-string': 'green',
  'hljs-comment': 'gray',
  'hljs-title': 'blue',
  'hljs-meta': 'gray',
};

/** The line that opens a fenced block, with its language. */
const OPENING = /^ {0,3}(`{3,}|~{3,})\s*([\w+-]*)/;

const lowlight = createLowlight(common);

/**
 * Colours the code blocks of Markdown that arrives in pieces. Text passes at once; a line of code waits for its end,
 * because its colours depend on it.
 */
export class CodeHighlighter {
  #line = '';
  #passed = 0;
  #fence: { marker: string; language: string; code: string } | undefined;

  push(text: string): string {
    let out = '';
    for (const piece of text.split(/(?<=\n)/)) {
      this.#line += piece;
      if (piece.endsWith('\n')) out += this.#endLine();
      else if (!this.#fence && !mayOpenFence(this.#line)) out += this.#pass();
    }
    return out;
  }

  /** Gives what still waits, at the end of the reply. */
  end(): string {
    return this.#line === '' ? '' : this.#endLine();
  }

  #pass(): string {
    const rest = this.#line.slice(this.#passed);
    this.#passed = this.#line.length;
    return rest;
  }

  #endLine(): string {
    const line = this.#line;
    const rest = this.#pass();
    this.#line = '';
    this.#passed = 0;
    if (this.#fence) return this.#closes(line) ? this.#close(line) : this.#paint(line);
    const opening = OPENING.exec(line);
    if (!opening) return rest;
    this.#fence = { marker: opening[1] ?? '', language: opening[2] ?? '', code: '' };
    return styleText('gray', line, { validateStream: false });
  }

  #closes(line: string): boolean {
    const trimmed = line.trim();
    return this.#fence !== undefined && trimmed.startsWith(this.#fence.marker) && /^(`+|~+)$/.test(trimmed);
  }

  #close(line: string): string {
    this.#fence = undefined;
    return styleText('gray', line, { validateStream: false });
  }

  /** A string or comment may have begun lines ago, so the whole block is coloured and its new end taken. */
  #paint(line: string): string {
    const fence = this.#fence;
    if (!fence || !lowlight.registered(fence.language)) return line;
    fence.code += line;
    return paint(lowlight.highlight(fence.language, fence.code).children, fence.code.length - line.length);
  }
}

/** A line that could still turn out to open a fence is not shown yet. */
function mayOpenFence(line: string): boolean {
  return /^ {0,3}(`{0,2}$|~{0,2}$|`{3}|~{3})/.test(line);
}

/** The text of a highlighted tree from position `from` on, with its colours. */
function paint(nodes: Nodes, from: number): string {
  let position = 0;
  const walk = (children: Nodes, style: Style | undefined): string =>
    children
      .map((node) => {
        if (node.type === 'element')
          return walk(node.children as Nodes, styleOf(node.properties.className) ?? style);
        if (node.type !== 'text') return '';
        const text = node.value.slice(Math.max(0, from - position));
        position += node.value.length;
        return style && text !== '' ? styleText(style, text, { validateStream: false }) : text;
      })
      .join('');
  return walk(nodes, undefined);
}

function styleOf(classes: unknown): Style | undefined {
  return Array.isArray(classes)
    ? classes.map((name) => STYLES[name]).find((style) => style !== undefined)
    : undefined;
}
