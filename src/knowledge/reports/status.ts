import { described } from '../audience.ts';
import { sizeOf } from '../sync/plan.ts';
import type { Comparison, LastSync } from '../sync/sync.ts';
import { count, printedFailures } from './sync-report.ts';

/** How the knowledge stands. */
export function printedStatus({ sources, stored, plan }: Comparison, last: LastSync | undefined): string {
  const ready = stored.filter(({ status }) => status === 'completed');
  const waiting = stored.filter(({ status }) => status === 'in_progress').length;
  const outOfDate = sizeOf(plan);
  const { add, update, remove, misplaced } = plan;
  const isNew = add.filter(({ replaces }) => replaces.length === 0).length;
  const changes = [
    `${count(isNew)} new`,
    `${count(add.length - isNew)} changed`,
    `${count(update.length)} to be described anew`,
    `${count(remove.length + misplaced.length)} to be removed`,
  ].join(', ');
  const failures = [
    ...sources.problems,
    ...plan.failed.map(({ document, stored: { error } }) => ({
      path: document.path,
      reason: `cannot be searched: ${error?.message ?? 'it was not indexed'}`,
    })),
  ];
  return [
    `${searchable(ready.length)}${waiting > 0 ? `; still being read: ${count(waiting)}` : ''}.`,
    ...forWhom(ready),
    lastSync(last),
    outOfDate === 0
      ? 'Everything is up to date.'
      : `Out of date: ${changes}. "npm start -- knowledge sync" brings them up to date.`,
    ...printedFailures(failures),
  ].join('\n');
}

function searchable(documents: number): string {
  return documents === 1 ? '1 document can be searched' : `${count(documents)} documents can be searched`;
}

function forWhom(ready: Comparison['stored']): string[] {
  const groups = Map.groupBy(ready, ({ store }) => described(store.audience));
  return [...groups].flatMap(([audience, documents]) =>
    audience === '' ? [] : [`  ${count(documents.length)} of them only for ${audience}`],
  );
}

function lastSync(last: LastSync | undefined): string {
  if (!last) return 'Nothing was ever synced.';
  const when = new Date(last.at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' });
  return `Synced last on ${when}${last.interrupted ? `, but not to the end: ${last.interrupted}` : ''}.`;
}
