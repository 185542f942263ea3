import { type Evaluation, WAYS } from '../eval/evaluate.ts';
import { CUTOFFS, type Measures } from '../eval/measures.ts';
import { visible } from './sync-report.ts';

/** So many misses are printed. */
const MOST_MISSES = 50;

/** How well the knowledge finds what it should, and against the last time. */
export function printedEvaluation({ questions, measures, missed, before, isWorse }: Evaluation): string {
  const header = ['', ...CUTOFFS.map((k) => `recall@${k}`), 'MRR'];
  const rows = WAYS.map((way) => [way, ...cells(measures[way], before?.measures[way])]);
  const since =
    before && new Date(before.at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' });
  return [
    `${questions} questions${since ? `, compared with ${since}` : ''}:`,
    ...table([header, ...rows]),
    ...misses(missed),
    ...(isWorse ? ['It finds less than the last time.'] : []),
  ].join('\n');
}

function cells(now: Measures, before: Measures | undefined): string[] {
  const pairs = [...now.recall.map((value, at) => [value, before?.recall[at]]), [now.mrr, before?.mrr]] as [
    number,
    number?,
  ][];
  return pairs.map(
    ([value, earlier]) => `${value.toFixed(3)}${earlier === undefined ? '' : ` ${change(value - earlier)}`}`,
  );
}

function change(difference: number): string {
  const text = difference.toFixed(3);
  return Number(text) === 0 ? '(=)' : `(${difference > 0 ? '+' : ''}${text})`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function misses(missed: Evaluation['missed']): string[] {
  if (missed.length === 0) return ['Every question finds a source among its first ten.'];
  const more = missed.length - MOST_MISSES;
  return [
    `${missed.length} find none of their sources among the first ten:`,
    ...missed
      .slice(0, MOST_MISSES)
      .flatMap(({ question: { question, sources }, found }) => [
        `  ${visible(question)}`,
        `      wanted ${visible(sources.join(', '))}; found ${visible(found.join(', ')) || 'nothing'}`,
      ]),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
