import type { Query } from '../connections/connections.ts';
import { Counts, type Totals } from './counts.ts';
import { inHeading, together, type WordsQuery } from './queries.ts';
import type { Analyzer } from './words.ts';

/** What finds chunks, and how many. */
export interface Counted extends WordsQuery {
  having: number;
}

/** Words that must stand together. */
interface Spelling extends Counted {
  words: readonly string[];
}

/** A term in its spellings, or a phrase in its only one. */
export interface Term {
  spellings: readonly Spelling[];
  /** How many chunks have the most frequent. */
  having: number;
  /** Those that have one of them in their own heading. */
  heading: Counted;
}

/** What is asked for, and how large and how many the chunks are among which it is. */
export interface Question extends Pick<Totals, 'chunks' | 'length'> {
  terms: readonly Term[];
  phrases: readonly Term[];
}

/** Takes questions apart as texts are, and counts what of them is there. */
export class Questions {
  readonly #counts: Counts;
  readonly #analyzer: Analyzer;

  constructor(query: Query, analyzer: Analyzer) {
    this.#counts = new Counts(query);
    this.#analyzer = analyzer;
  }

  async ask(terms: readonly (readonly string[])[], phrases: readonly string[]): Promise<Question> {
    const [words, sideBySide] = [this.#spelled(terms), this.#spelled(phrases.map((one) => [one]))];
    const asked = [...words, ...sideBySide].map((spellings) => ({
      spellings: spellings.map((one) => ({ words: one, ...together(one) })),
      heading: inHeading(spellings),
    }));
    if (asked.length === 0) return { terms: [], phrases: [], chunks: 0, length: 0 };
    const queries = asked.flatMap(({ spellings, heading }) => [...spellings, heading]);
    const { having, ...totals } = await this.#counts.of(queries);
    const counted = <T>(one: T, at: number) => ({ ...one, having: having[at] as number });
    let at = 0;
    const all = asked.map(({ spellings, heading }): Term => {
      const each = spellings.map((one) => counted(one, at++));
      return {
        spellings: each,
        having: Math.max(...each.map((one) => one.having)),
        heading: counted(heading, at++),
      };
    });
    return { ...totals, terms: all.slice(0, words.length), phrases: all.slice(words.length) };
  }

  /** What has no word is not asked for. */
  #spelled(terms: readonly (readonly string[])[]): string[][][] {
    const words = this.#analyzer.phrases(terms.flat()).values();
    const all = terms.map((term) => term.map(() => words.next().value as string[]));
    return all
      .map((spellings) => spellings.filter(({ length }) => length > 0))
      .filter(({ length }) => length > 0);
  }
}
