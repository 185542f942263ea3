import type { DatabaseSync } from 'node:sqlite';
import {
  type Evidence,
  inHeadings,
  inverseFrequency,
  MOST_SAID,
  rarest,
  relevance,
} from '../../relevance.ts';
import { type Entry, type FullTextOptions, Words } from './words.ts';

/** What FTS5 gives a word that stands in half of the chunks or more. */
const LEAST_WEIGHT = 1e-6;

/**
 * About so many hits of the rarer of what is asked for choose what is ranked: to tell where a word stands takes FTS5 0.2 µs
 * each. What is frequent could not put a chunk in front by itself: as in MaxScore (Turtle and Flood 1995).
 */
const MOST_HITS = 5_000;

/** So many times as many are ranked as are wanted: the order by which of it a chunk has is a rough one. */
const RANKED = 2;

/** About so many hits of the rarest terms are put in order by how often they are said, which takes FTS5 a µs each. */
const MOST_WEIGHED = 1_000;

/** A term in its spellings, as strings of FTS5, and how many chunks have each. */
interface Counted {
  spellings: readonly { text: string; having: number }[];
  /** How many chunks have the most frequent. */
  having: number;
}

/** What is asked for, among how many chunks, in the files whose ids are told as JSON. */
interface Asked {
  terms: readonly Counted[];
  phrases: readonly Counted[];
  /** The terms in the chunks' own headings. */
  headings: readonly { query: string; having: number }[];
  chunks: number;
  files: string;
}

/** What finds some of the chunks. */
interface Finding {
  having: number;
  share: number;
  ids(): number[];
}

/** Full text over SQLite's FTS5: its index chooses the chunks that may have the most, and those are ranked. */
export class FullText {
  readonly #words: Words;

  constructor(database: DatabaseSync, options?: FullTextOptions) {
    this.#words = new Words(database, options);
  }

  put(entry: Entry): void {
    this.#words.put(entry);
  }

  /** How many there were. */
  removeBetween(first: number, last: number): number {
    return this.#words.removeBetween(first, last);
  }

  /** Leaves no word of what was removed. */
  optimize(): void {
    this.#words.optimize();
  }

  /**
   * The best chunks of the files, and those that `others` names, with how much each has of what could be had of the terms;
   * phrases raise those that have them.
   */
  search(
    terms: readonly (readonly string[])[],
    phrases: readonly string[],
    limit: number,
    files: Iterable<number>,
    others: Iterable<number> = [],
  ): Map<number, number> {
    const asked = this.#ask(terms, phrases, JSON.stringify([...files]));
    const near = new Set(others);
    const ids = new Set([...this.#most(asked, limit), ...this.#best(asked, limit), ...near]);
    const ranked = JSON.stringify([...ids]);
    const evidence = (all: readonly Counted[]) =>
      all.map((term) => this.#evidence(term, ranked, asked.chunks));
    const scores = relevance(ids, {
      terms: evidence(asked.terms),
      phrases: evidence(asked.phrases),
      headings: this.#headings(asked, ranked),
    });
    const found = [...scores].filter(([, score]) => score > 0).sort(([, one], [, other]) => other - one);
    return new Map(found.filter(([id], at) => at < limit || near.has(id)));
  }

  #ask(terms: readonly (readonly string[])[], phrases: readonly string[], files: string): Asked {
    const { counts, headingCounts } = this.#words;
    for (const one of [counts, headingCounts]) one.refresh();
    const words = this.#counted(terms);
    const queries = words.map(spelled);
    return {
      terms: words,
      phrases: this.#counted(phrases.map((one) => [one])),
      headings: queries.map((query) => ({ query, having: headingCounts.of(query) })),
      chunks: counts.all(),
      files,
    };
  }

  #counted(terms: readonly (readonly string[])[]): Counted[] {
    return terms.flatMap((term) => {
      const spellings = term.flatMap(phrase).map((text) => ({ text, having: this.#words.counts.of(text) }));
      const having = Math.max(...spellings.map((one) => one.having));
      return spellings.length === 0 ? [] : { spellings, having };
    });
  }

  /** Those with the most of what is asked for, by the rarer of it first, and by all where that finds too little in the files. */
  #most(asked: Asked, limit: number): number[] {
    const all = this.#findings(asked);
    const rarer = rarest(all, MOST_HITS);
    const found = sharesOf(rarer);
    const isEnough = found.size >= limit || rarer.length === all.length;
    return largest(isEnough ? found : sharesOf(all), RANKED * limit);
  }

  /** A word in a chunk's heading, or beside the next one, raises the chunk by half of what it says. */
  #findings({ terms, phrases, headings, chunks, files }: Asked): Finding[] {
    const words = (weight: number) => (one: Counted) => ({
      having: one.having,
      share: weight * inverseFrequency(chunks, one.having),
      ids: () => this.#words.having(spelled(one), files),
    });
    const inHeading = ({ query, having }: Asked['headings'][number]) => ({
      having,
      share: 0.5 * inverseFrequency(chunks, having),
      ids: () => this.#words.havingInHeading(query, files),
    });
    const all = [...terms.map(words(1)), ...phrases.map(words(0.5)), ...headings.map(inHeading)];
    return all.filter(({ having }) => having > 0);
  }

  /** Those that say the rarest terms most: many have the same of them. */
  #best({ terms, files }: Asked, limit: number): number[] {
    const there = terms.filter(({ having }) => having > 0);
    const queries = rarest(there, MOST_WEIGHED).map(spelled);
    return queries.length === 0 ? [] : this.#words.best(queries.join(' OR '), files, limit);
  }

  /** What of the terms stands in the chunks' own headings, by how rare it is there. */
  #headings({ headings, chunks }: Asked, ranked: string): Evidence[] {
    const found = headings.map(({ query, having }) => ({
      weight: inverseFrequency(chunks, having),
      ids: having === 0 ? [] : this.#words.amongHeadings(query, ranked),
    }));
    const ids = JSON.stringify(found.flatMap(({ ids }) => ids));
    return inHeadings(found, this.#words.headingLengths(ids));
  }

  /** How much each of the chunks has of the term, in the spelling of which it has most. */
  #evidence({ spellings, having }: Counted, ranked: string, chunks: number): Evidence {
    const said = new Map<number, number>();
    for (const spelling of spellings.filter((one) => one.having > 0)) {
      const most = MOST_SAID * weightInFts5(chunks, spelling.having);
      for (const [id, score] of this.#words.scores(spelling.text, ranked))
        said.set(id, Math.max(said.get(id) ?? 0, -score / most));
    }
    return { weight: inverseFrequency(chunks, having), said };
  }
}

/** Any of the term's spellings. */
function spelled({ spellings }: Counted): string {
  return spellings.map(({ text }) => text).join(' OR ');
}

/** By chunk how much it has of all that is found. */
function sharesOf(findings: readonly Finding[]): Map<number, number> {
  const shares = new Map<number, number>();
  for (const { share, ids } of findings)
    for (const id of ids()) shares.set(id, (shares.get(id) ?? 0) + share);
  return shares;
}

/** Those with the largest shares. */
function largest(shares: ReadonlyMap<number, number>, limit: number): number[] {
  if (shares.size <= limit) return [...shares.keys()];
  const least = Float64Array.from(shares.values()).sort().at(-limit) as number;
  const above = [...shares].filter(([, share]) => share > least);
  const equal = [...shares].filter(([, share]) => share === least);
  return [...above, ...equal].slice(0, limit).map(([id]) => id);
}

/** What FTS5 multiplies with how much a chunk has of a word: https://www.sqlite.org/fts5.html#the_bm25_function */
function weightInFts5(chunks: number, having: number): number {
  const weight = Math.log((chunks - having + 0.5) / (having + 0.5));
  return weight <= 0 ? LEAST_WEIGHT : weight;
}

/** Any text as a string of FTS5, in which nothing has a meaning; none for what has no word, which it finds nothing by. */
function phrase(term: string): string[] {
  const text = term.replaceAll('\0', ' ').toWellFormed();
  return /[\p{L}\p{N}\p{Co}]/u.test(text) ? [`"${text.replaceAll('"', '""')}"`] : [];
}
