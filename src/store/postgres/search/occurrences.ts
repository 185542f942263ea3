import { FIELDS, WEIGHTS } from '../../fields.ts';
import { quoted } from './words.ts';

const [HEADING, ABOVE] = FIELDS.map((_, at) => WEIGHTS[at] as number) as [number, number];

/** What a word counts by the label of its place; without one it stands in the text or its parts. */
const BY_LABEL: ReadonlyMap<string, number> = new Map([
  ['A', HEADING],
  ['B', ABOVE],
]);

/** How often words stand side by side in a chunk, where it counts more in headings, and whether they do in its own heading. */
export interface Occurrences {
  often: number;
  inHeading: boolean;
}

/** Where each word stands in a chunk, and what it counts there. */
export type PlacesOf = (word: string) => ReadonlyMap<number, number>;

/** Reads a `tsvector` as PostgreSQL writes it: https://www.postgresql.org/docs/current/datatype-textsearch.html */
export function placesIn(vector: string): PlacesOf {
  const known = new Map<string, ReadonlyMap<number, number>>();
  return (word) => {
    const places = known.get(word) ?? placesOf(vector, word);
    known.set(word, places);
    return places;
  };
}

/** Of words that stand side by side. */
export function occurrences(placesOf: PlacesOf, words: readonly string[]): Occurrences {
  const [first = NOWHERE, ...others] = words.map(placesOf);
  if (first.size === 0) return NONE;
  const found = [...first].filter(([place]) => others.every((one, at) => one.has(place + at + 1)));
  const often = found.reduce((sum, [, weight]) => sum + weight, 0);
  return { often, inHeading: found.some(([, weight]) => weight === HEADING) };
}

const NOWHERE: ReadonlyMap<number, number> = new Map();
const NONE: Occurrences = { often: 0, inHeading: false };

function placesOf(vector: string, word: string): ReadonlyMap<number, number> {
  const written = quoted(word);
  // No word has a quote within it, so that none is found within another.
  const at = vector.indexOf(written);
  if (at < 0) return NOWHERE;
  const from = at + written.length;
  // Of what stands far down in a long text PostgreSQL does not know where.
  if (vector[from] !== ':') return new Map([[0, 1]]);
  const end = vector.indexOf(' ', from);
  const places = vector.slice(from + 1, end < 0 ? undefined : end).split(',');
  return new Map(places.map((one) => [Number.parseInt(one, 10), BY_LABEL.get(one.at(-1) as string) ?? 1]));
}
