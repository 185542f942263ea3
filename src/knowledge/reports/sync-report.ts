import type { Failure } from '../sync/apply.ts';
import type { SyncReport } from '../sync/sync.ts';

/** So many paths of a kind are printed; the numbers are those of all. */
const MOST_TOLD = 20;

/** What a sync has done, or would do. */
export function printedSync(report: SyncReport): string {
  const { isDry, added, changed, described, removed, unchanged, failures, interrupted } = report;
  const verb = isDry ? 'would be ' : '';
  const parts: [string, string[]][] = [
    [`${verb}added`, added],
    [`${verb}changed`, changed],
    [`${verb}described anew`, described],
    [`${verb}removed`, removed],
  ];
  const done = parts.filter(([, paths]) => paths.length > 0);
  const lists = done.flatMap(([what, paths]) => list(`${count(paths.length)} ${what}:`, paths.map(visible)));
  const nothing = done.length === 0 && !interrupted ? ['Everything is up to date.'] : [];
  return [
    ...nothing,
    ...lists,
    `${count(unchanged)} unchanged.`,
    ...printedFailures(failures),
    ...(interrupted ? [`The sync came to no end: ${interrupted}. The next one goes on from here.`] : []),
    ...(isDry ? ['Nothing was done: this was a dry run.'] : []),
  ].join('\n');
}

/** What could not be read and why, as lines. */
export function printedFailures(failures: readonly Failure[]): string[] {
  if (failures.length === 0) return [];
  const lines = failures.map(({ path, reason }) => visible(`${path} ${reason}.`));
  return list(failures.length === 1 ? '1 needs a look:' : `${count(failures.length)} need a look:`, lines);
}

function list(title: string, lines: readonly string[]): string[] {
  const more = lines.length - MOST_TOLD;
  return [
    title,
    ...lines.slice(0, MOST_TOLD).map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
  ];
}

/** A file's name may hold what moves the cursor, or is read as something else than it is. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const hex = character.codePointAt(0)?.toString(16) ?? '';
    return `\\u{${hex}}`;
  });
}

export function count(number: number): string {
  return number.toLocaleString('en');
}
