import type { Keyv } from 'keyv';
import type { Hit, SearchWeights } from '../search.ts';
import { CUTOFFS, type Measures, mean, measure } from './measures.ts';
import { type Question, readQuestions } from './questions.ts';

/** The ways to search that are compared; the last is how people's questions are searched. */
export const WAYS = ['full text', 'vectors', 'both'] as const;
export type Way = (typeof WAYS)[number];

const WEIGHTS: Record<Way, SearchWeights | undefined> = {
  'full text': { text_weight: 1, embedding_weight: 0 },
  vectors: { text_weight: 0, embedding_weight: 1 },
  both: undefined,
};

/** So many questions are asked at once. */
const AT_ONCE = 4;

/** A difference that is none: sums of shares are not exact. */
const NOTHING = 1e-9;

/** What is kept of a run, for the next one. */
export interface EvalRun {
  /** Unix time in ms. */
  at: number;
  measures: Record<Way, Measures>;
}

export interface Evaluation extends EvalRun {
  questions: number;
  /** What is not among the first results, however it is searched. */
  missed: { question: Question; found: string[] }[];
  /** The last run with the same questions. */
  before?: EvalRun;
  /** Whether both together find less than the last time. */
  isWorse: boolean;
}

type Search = (query: string, limit: number, weights?: SearchWeights) => Promise<Hit[]>;

/** Asks every question in every way, and compares with the last time. */
export async function evaluate(file: string, search: Search, kept: Keyv<EvalRun>): Promise<Evaluation> {
  const { questions, id } = await readQuestions(file);
  const before = await kept.get(`eval ${id}`);
  const asked = await inParallel(questions, (question) => ask(question, search));
  const measures = Object.fromEntries(
    WAYS.map((way) => [way, mean(asked.map((one) => one[way].measures))]),
  ) as EvalRun['measures'];
  const missed = asked.flatMap((one, at) => {
    const [question, { paths, measures }] = [questions[at], one.both];
    return question && measures.mrr === 0 ? [{ question, found: [...new Set(paths)].slice(0, 3) }] : [];
  });
  const run = { at: Date.now(), measures };
  await kept.set(`eval ${id}`, run);
  const isWorse = before !== undefined && isLess(measures.both, before.measures.both);
  return { ...run, questions: questions.length, missed, ...(before && { before }), isWorse };
}

async function ask({ question, sources }: Question, search: Search) {
  const most = Math.max(...CUTOFFS);
  const entries = WAYS.map(async (way) => {
    const hits = await search(question, most, WEIGHTS[way]);
    // Where there are no vectors, words stand in for them.
    const known = way === 'vectors' ? hits.filter(({ parts }) => parts?.embedding !== undefined) : hits;
    const paths = known.map(({ path }) => path);
    return [way, { paths, measures: measure(paths, sources) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<
    Way,
    { paths: string[]; measures: Measures }
  >;
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [at, item] of waiting) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

function isLess(now: Measures, before: Measures): boolean {
  const pairs = [...now.recall.map((value, at) => [value, before.recall[at] ?? 0]), [now.mrr, before.mrr]];
  return pairs.some(([value = 0, earlier = 0]) => value < earlier - NOTHING);
}
