import type { Block, Place, Range } from '../documents/document.ts';
import { LineCounter, lineEndsIn } from '../documents/lines.ts';
import { tableHead } from './frame.ts';

/** The place of what goes on at another place: up to there, if it is on the same page or sheet. */
export function joinPlaces(first: Place, last: Place): Place {
  if (!areTogether(first, last)) return first;
  return {
    ...first,
    ...ranged('rows', reaching(first.rows, last.rows)),
    ...ranged('lines', reaching(first.lines, last.lines)),
  };
}

/** Tells the places of parts of a block's text, which are asked for in about their order. */
export class PartPlaces {
  readonly #block: Block;
  readonly #counter: LineCounter;
  /** How many lines the text has, and how many of them are the head of a table, which `rows` leaves out. */
  readonly #lines: number;
  readonly #head: number;

  constructor(block: Block) {
    this.#block = block;
    this.#counter = new LineCounter(block.text);
    this.#lines = lineEndsIn(block.text) + 1;
    this.#head = block.kind === 'table' ? lineEndsIn(tableHead(block.text)) : 0;
  }

  /** Exact where the block has as many lines or rows as its text has lines; else the block's own place. */
  of(from: number, to: number): Place {
    const { text, place } = this.#block;
    if (from <= 0 && to >= text.length) return place;
    const first = this.#counter.before(from);
    const end = from + text.slice(from, to).trimEnd().length;
    const last = this.#counter.before(end);
    return {
      ...place,
      ...ranged('lines', within(place.lines, this.#lines, first, last)),
      ...ranged('rows', within(place.rows, this.#lines - this.#head, first - this.#head, last - this.#head)),
    };
  }
}

/** Whether text of both places may stand in one chunk, whose place is still exact. */
export function areTogether(one: Place, other: Place): boolean {
  return (['path', 'page', 'slide', 'sheet'] as const).every((part) => one[part] === other[part]);
}

function reaching(one: Range | undefined, other: Range | undefined): Range | undefined {
  return one && other ? [one[0], Math.max(one[1], other[1])] : one;
}

function within(range: Range | undefined, count: number, first: number, last: number): Range | undefined {
  if (!range || range[1] - range[0] + 1 !== count) return range;
  return [range[0] + Math.max(first, 0), range[0] + Math.max(last, 0)];
}

function ranged(part: 'rows' | 'lines', range: Range | undefined): Place {
  return range ? { [part]: range } : {};
}
