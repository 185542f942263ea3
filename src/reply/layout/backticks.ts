import { type Block, type Fence, prefixOf } from './block.ts';
import { insideFence } from './clean.ts';

/**
 * Code for platforms that know no other fences than three backticks, and take any three for one, wherever they stand.
 */

const FENCE = '```';
/** What makes of a run of backticks one that is no fence; each match becomes longer by one. */
const BREAKS = /``(?=`)/g;
const MARKER = /(?:`{3,}|~{3,})[^\r\n]*/;
/** What such platforms take for a language; anything else would be the code's first line. */
const LANGUAGE = /^[`~]+ *([\w+#.-]*)/;
/** A code span on one line whose marker would be a fence. */
const LONG_SPAN = /(?<!`)(`{3,})(?!`)([^\r\n]*?[^`])\1(?!`)/g;
/** What makes a line indented code, after what its quotes and lists begin it with. */
const INDENT = '(?: {4}| {0,3}\\t)';
/** The same, where there are none of those. */
const INDENTED = new RegExp(`^()${INDENT}`);

/** An upper bound for how much longer than it is written a line's own text is shown. */
export function breaksIn(text: string): number {
  return text.includes(FENCE) ? (text.match(BREAKS)?.length ?? 0) : 0;
}

/** What opens and closes the fence of a block of indented code. */
export function lengthAround(prefix: string): number {
  return 2 * (prefix.length + FENCE.length + 1);
}

/** Whether a line leaves a fence without closing it: what the fence stood in, a quote or a list, is over. */
export function leavesFence(before: Block, after: Block): before is Block & { fence: Fence } {
  return before.fence !== undefined && after.fence !== before.fence && after.line !== 'fence-closing';
}

/** What the lines of indented code begin with before their indentation; undefined for any other line. */
export function prefixOfCode({ line, fence, containers }: Block, text: string): string | undefined {
  if (line !== 'code' || fence) return undefined;
  // The line of a list's marker shows the marker.
  return indentationOf(containers).test(text) ? prefixOf(containers) : undefined;
}

function indentationOf(containers: Block['containers']): RegExp {
  if (containers.length === 0) return INDENTED;
  const begin = containers.map((one) => (one === '>' ? ' {0,3}> ?' : ` {${one}}`)).join('');
  return new RegExp(`^(${begin})${INDENT}`);
}

/** Shows Markdown line by line with fences of three backticks. */
export class BacktickFences {
  /** Of the indented code that is open. */
  #prefix: string | undefined;
  /** Blank lines that belong to it, if more of it follows. */
  #blank = '';
  /** Only indented lines came yet, and they go on with a list of the part before. */
  #isLead: boolean;

  /** @param startsInList Whether indentation at the start is not that of code. */
  constructor(startsInList: boolean) {
    this.#isLead = startsInList;
  }

  /** What has to be closed or opened before a line, and the line as it is shown; blank ones may wait for the next. */
  show(line: string, before: Block, after: Block): [string, string] {
    const closing = leavesFence(before, after) ? `${before.fence.prefix}${FENCE}\n` : '';
    const prefix = prefixOfCode(after, line);
    const isBlank = line.trim() === '';
    this.#isLead &&= prefix !== undefined || isBlank;
    if (prefix !== undefined && !this.#isLead) return [closing, this.#code(line, prefix, after)];
    if (!isBlank || prefixOf(after.containers) !== this.#prefix)
      return [closing + this.end('\n'), shown(line, before, after)];
    this.#blank += line;
    return [closing, ''];
  }

  /** Closes the indented code that is open. */
  end(lineEnd = ''): string {
    if (this.#prefix === undefined) return '';
    const closing = `${this.#prefix}${FENCE}${lineEnd}${this.#takeBlank()}`;
    this.#prefix = undefined;
    return closing;
  }

  #code(line: string, prefix: string, { containers }: Block): string {
    const goesOn = prefix === this.#prefix;
    const opening = goesOn ? this.#takeBlank() : `${this.end('\n')}${prefix}${FENCE}\n`;
    this.#prefix = prefix;
    const text = insideFence(line.replace(indentationOf(containers), '$1'));
    return opening + (/[\r\n]$/.test(text) ? text : `${text}\n`);
  }

  #takeBlank(): string {
    const blank = this.#blank;
    this.#blank = '';
    return blank;
  }
}

function shown(line: string, before: Block, after: Block): string {
  if (after.line === 'fence-opening')
    return line.replace(MARKER, (marker) => FENCE + (LANGUAGE.exec(marker)?.[1] ?? ''));
  if (after.line === 'fence-closing') return line.replace(MARKER, FENCE);
  if (!line.includes(FENCE)) return line;
  return insideFence(after.fence && after.fence === before.fence ? line : line.replace(LONG_SPAN, shortSpan));
}

function shortSpan(span: string, _marker: string, code: string): string {
  if (!code.includes('`')) return `\`${code}\``;
  return code.includes('``') ? span : `\`\`${code}\`\``;
}
