import type { Block } from '../document.ts';
import { LIMITS } from '../limits.ts';
import { tooMuchText } from '../unreadable.ts';

/** A line of a page: how high its letters are, and its distance from the page's foot, in points. */
export interface Line {
  text: string;
  size: number;
  y: number;
}

/** How much higher than usual the letters of a heading are, and how long it is at most, in characters. */
const HEADING_SCALE = 1.2;
const LONGEST_HEADING = 150;

/** How far apart two lines of one paragraph are at most, in heights of their letters. */
const LINE_GAP = 1.7;

/** On which part of all pages, and on how many at least, a first or last line is the same, but for its numbers. */
const RUNNING_SHARE = 0.2;
const LEAST_RUNNING = 3;

const LOWEST_LEVEL = 6;

/** Puts the lines of pages together to headings and paragraphs, by the sizes of letters in the whole document. */
export class PdfLayout {
  readonly #pages: { page: number; lines: Line[] }[] = [];
  /** How many characters there are of each size. */
  readonly #sizes = new Map<number, number>();
  #length = 0;

  /** How many characters all pages have. */
  get length(): number {
    return this.#length;
  }

  add(page: number, lines: Line[]): void {
    const filled = lines.filter(({ text }) => text.trim());
    this.#pages.push({ page, lines: filled });
    for (const { text, size } of filled) {
      const length = text.trim().length;
      this.#length += length;
      this.#sizes.set(rounded(size), (this.#sizes.get(rounded(size)) ?? 0) + length);
    }
    if (this.#length > LIMITS.textLength) throw tooMuchText();
  }

  blocks(): Block[] {
    const [usual = 0] = [...this.#sizes].toSorted((one, other) => other[1] - one[1])[0] ?? [];
    const sizes = [...this.#sizes.keys()].filter((size) => size >= usual * HEADING_SCALE);
    const levels = new Map(sizes.toSorted((one, other) => other - one).map((size, at) => [size, at + 1]));
    const running = this.#runningLines();
    return this.#pages.flatMap(({ page, lines }) => {
      const own = lines.filter((line) => !running.has(line));
      return paragraphsOf(own).flatMap((paragraph) => blockOf(paragraph, page, levels));
    });
  }

  /** The heads and feet of pages, all but the first of each, which may be the title. */
  #runningLines(): Set<Line> {
    const edges = this.#pages.flatMap(({ lines }) => [...new Set([lines.at(0), lines.at(-1)])]);
    const alike = Map.groupBy(
      edges.flatMap((line) => line ?? []),
      ({ text }) => text.replace(/\d+/g, '0').trim(),
    );
    const least = Math.max(LEAST_RUNNING, this.#pages.length * RUNNING_SHARE);
    return new Set([...alike.values()].flatMap((lines) => (lines.length >= least ? lines.slice(1) : [])));
  }
}

function blockOf(lines: Line[], page: number, levels: Map<number, number>): Block[] {
  const text = joined(lines);
  if (!text) return [];
  const level = levels.get(rounded(lines[0]?.size ?? 0));
  if (!level || text.length > LONGEST_HEADING || !/\p{L}/u.test(text))
    return [{ kind: 'text', text, place: { page } }];
  const heading = text.replaceAll('\n', ' ');
  return [{ kind: 'heading', level: Math.min(level, LOWEST_LEVEL), text: heading, place: { page } }];
}

function paragraphsOf(lines: Line[]): Line[][] {
  const paragraphs: Line[][] = [];
  let last: Line | undefined;
  for (const line of lines) {
    const isNext =
      last && rounded(last.size) === rounded(line.size) && last.y - line.y <= last.size * LINE_GAP;
    if (isNext) paragraphs.at(-1)?.push(line);
    else paragraphs.push([line]);
    last = line;
  }
  return paragraphs;
}

/** Lines as they stand; words that were parted at the end of a line are whole again. */
function joined(lines: Line[]): string {
  const text = lines.map((line) => line.text.trim()).join('\n');
  return text.replace(/(\p{Ll})[-\u00ad]\n(?=\p{Ll})/gu, '$1');
}

/** Half points: sizes that differ by less look the same. */
function rounded(size: number): number {
  return Math.round(size * 2) / 2;
}
