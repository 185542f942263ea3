import type { Limits } from '../../view.ts';
import { breaksIn, leavesFence, lengthAround, prefixOfCode } from './backticks.ts';
import { type Block, closingOfFence, type Fence, step } from './block.ts';
import { TableSize } from './table.ts';

/** A longer marker of a fence is text: opening and closing it again would leave too little room in a part. */
const MAX_MARKER = 100;
/** The same as a share of a part. */
const MAX_MARKER_SHARE = 1 / 12;
/** How much of a line may have looked like a table's row before it turned out to be something else. */
const MAX_LOOKALIKE = 12;
/** What may close a fence, up to the end of its marker. */
const FENCE_END_LIKE = /^[\s>]*(`+|~+|)/;
/** What may open a fence, up to its marker. */
const FENCE_LIKE = /^[\s>\d.)*+-]*?(`{3,}|~{3,})/;

/** Whether a fence opens here that is too long for parts of a limit. */
export function isTooLong(block: Block, characters: number): boolean {
  const longest = Math.min(MAX_MARKER, characters * MAX_MARKER_SHARE);
  return block.line === 'fence-opening' && (block.fence?.marker.length ?? 0) > longest;
}

/**
 * How long the text of a part gets that is filled line by line, with what closes it. What does not fit at some point
 * never fits again, whatever follows: all lengths are upper bounds that only grow.
 */
export class PartLength {
  readonly #limits: Limits;
  /** The length of the Markdown so far, and what the display of its tables and code adds to it. */
  #length = 0;
  #added = 0;
  #lastLine = '';
  #table: { size: TableSize; start: number } | undefined;
  /** The table with the row that was measured last. */
  #grown: TableSize | undefined;
  /** What the lines of the indented code begin with that the last line belongs to. */
  #code: string | undefined;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Takes a line, if it fits. How many characters fit of its ink, which is all but the white space at its end; of a
   * table's row all or none.
   */
  take(before: Block, after: Block, line: string, ink: string): number {
    const code = prefixOfCode(after, line);
    const fits = ink === '' ? 0 : this.#fitting(before, after, ink, code);
    if (fits === ink.length) this.#add(before, after, line, code);
    return fits;
  }

  #fitting(before: Block, after: Block, ink: string, code: string | undefined): number {
    const { characters } = this.#limits;
    if (this.#table || this.#startsTable(after)) {
      const around = this.#codeAround(code) + this.#breaksIn(ink);
      const isLonger = this.#lengthWithRow(before, after, ink) + around > characters;
      return isLonger || isTooLong(after, characters) ? 0 : ink.length;
    }
    const left = characters - this.#length - this.#added - this.#codeAround(code);
    if (!before.fence) return this.#fittingOutside(before, after, ink, left);
    if (!leavesFence(before, after)) return this.#fittingInFence(before, before.fence, after, ink, left);
    // Until more of it is seen it may go on with the fence, so what closes that needs its room.
    return this.#fittingOutside(before, after, ink, left - 1 - before.fence.closing.length);
  }

  #fittingOutside(before: Block, after: Block, ink: string, left: number): number {
    const [begin = '', marker = ''] = FENCE_LIKE.exec(ink) ?? [];
    const beforeMarker = begin.length - marker.length;
    if (marker === '' || left < beforeMarker + 2) return this.#fill(ink, left);
    const fits = this.#fill(ink, left - openingLength(before, ink));
    return fits < begin.length || isTooLong(after, this.#limits.characters) ? beforeMarker : fits;
  }

  /** Of what may become the line that closes the fence all fits or nothing. */
  #fittingInFence(before: Block, fence: Fence, after: Block, ink: string, left: number): number {
    const [begin = '', run = ''] = FENCE_END_LIKE.exec(ink) ?? [];
    if (begin.length + Math.max(0, fence.marker.length - run.length) > left) return 0;
    if (after.line === 'fence-closing') return ink.length;
    const closing = closingOfFence(fence, before, ink);
    const isBegun = run !== '' && fence.marker === run + closing;
    if (isBegun) return ink.length;
    const fits = this.#fill(ink, left - closing.length);
    return fits < begin.length ? 0 : fits;
  }

  #add(before: Block, after: Block, line: string, code: string | undefined): void {
    if (this.#table && this.#grown && after.line === 'table-row') this.#table.size = this.#grown;
    else this.#endTable();
    if (this.#startsTable(after))
      this.#table = { size: TableSize.of(this.#lastLine), start: this.#length - this.#lastLine.length };
    const around = this.#closingBefore(before, after) + this.#codeAround(code);
    this.#added += around + this.#breaksIn(line);
    this.#code = code;
    this.#length += line.length;
    this.#lastLine = line;
  }

  get #hasBackticksOnly(): boolean {
    return this.#limits.fences === 'backticks';
  }

  /** The fences of a block of indented code that begins with a line of such a prefix. */
  #codeAround(prefix: string | undefined): number {
    const begins = this.#hasBackticksOnly && prefix !== undefined && prefix !== this.#code;
    return begins ? lengthAround(prefix) : 0;
  }

  /** What closes a fence that a line leaves open. */
  #closingBefore(before: Block, after: Block): number {
    return this.#hasBackticksOnly && leavesFence(before, after) ? 1 + before.fence.closing.length : 0;
  }

  #breaksIn(text: string): number {
    return this.#hasBackticksOnly ? breaksIn(text) : 0;
  }

  /** How many characters of a text fit into so much room. */
  #fill(text: string, room: number): number {
    let fits = clamp(room, text.length);
    if (this.#breaksIn(text) === 0) return fits;
    for (;;) {
      const excess = fits + this.#breaksIn(text.slice(0, fits)) - Math.max(room, 0);
      if (excess <= 0) return fits;
      // One character less takes two off at most.
      fits -= Math.ceil(excess / 2);
    }
  }

  #startsTable(after: Block): boolean {
    return after.line === 'table-delimiter' && this.#limits.tables === 'fixed-width';
  }

  #endTable(): void {
    if (!this.#table) return;
    const { size, start } = this.#table;
    this.#added += Math.max(0, size.length + 1 - (this.#length - start));
    this.#table = undefined;
  }

  #lengthWithRow(before: Block, after: Block, ink: string): number {
    const raw = this.#length + ink.length;
    if (!this.#table) {
      const start = this.#length - this.#lastLine.length;
      return this.#added + Math.max(raw, start + TableSize.of(this.#lastLine).length);
    }
    const { size, start } = this.#table;
    if (after.line === 'table-row') {
      this.#grown = size.with(ink);
      return this.#added + Math.max(raw, start + this.#grown.length);
    }
    const table = Math.max(this.#length, start + size.with(ink.slice(0, MAX_LOOKALIKE)).length + 1);
    return this.#added + table + ink.length + openingLength(before, ink);
  }
}

/** What closes the fence that a line may open. */
function openingLength(before: Block, ink: string): number {
  const marker = FENCE_LIKE.exec(ink)?.[0];
  const fence = marker === undefined ? undefined : step(before, marker).fence;
  return fence ? 1 + fence.closing.length : 0;
}

function clamp(value: number, max: number): number {
  return Math.max(0, Math.min(max, value));
}
