/** Of how many of the first results it is told what share of the sources they have. */
export const CUTOFFS = [1, 3, 5, 10] as const;

/** How well a search finds what it should: means over all questions, 0 to 1. */
export interface Measures {
  /** The share of a question's sources that are among its first results, by `CUTOFFS`. */
  recall: number[];
  /** Mean reciprocal rank: one divided by the place of the first source, 0 where none is found. */
  mrr: number;
}

/** Whether a document is the source that a question names: by its path, or the end of it, whatever its accents are made of. */
export function isSource(path: string, source: string): boolean {
  const [whole, end] = [path, source].map((text) =>
    text.normalize('NFC').replaceAll('\\', '/').replace(/^\.\//, ''),
  ) as [string, string];
  return whole === end || whole.endsWith(`/${end}`);
}

/** The measures of one question. `paths` are those of the passages that were found, the best first. */
export function measure(paths: readonly string[], sources: readonly string[]): Measures {
  const recall = CUTOFFS.map((k) => {
    const first = paths.slice(0, k);
    return sources.filter((source) => first.some((path) => isSource(path, source))).length / sources.length;
  });
  const place = paths.findIndex((path) => sources.some((source) => isSource(path, source)));
  return { recall, mrr: place < 0 ? 0 : 1 / (place + 1) };
}

export function mean(all: readonly Measures[]): Measures {
  const over = (value: (one: Measures) => number) =>
    all.reduce((sum, one) => sum + value(one), 0) / all.length;
  return {
    recall: CUTOFFS.map((_, at) => over(({ recall }) => recall[at] ?? 0)),
    mrr: over(({ mrr }) => mrr),
  };
}
