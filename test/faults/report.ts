import type { Violation } from './audit.ts';
import type { Options, Result } from './run.ts';

const COUNTED = ['lost', 'duplicated', 'incomplete', 'out of order'] as const;
/** So many lines of what happened are printed, from a little before the first question that it went wrong with. */
const LINES = 120;
const LINES_BEFORE = 20;
const MOST_VIOLATIONS = 60;

/** The figures of a run, and what went wrong in it. */
export function report(options: Options, result: Result): string {
  const { violations, faults, recovery, askedAgain, exits, questions, waits } = result;
  const { times, interrupted } = recovery;
  const counts = COUNTED.map((kind) => `${kind} ${count(violations, kind)}`).join(', ');
  const others = [...new Set(violations.map(({ kind }) => kind))].filter((kind) => !isCounted(kind));
  const struck = [...faults].toSorted(([, one], [, other]) => other - one);
  const total = struck.reduce((sum, [, times]) => sum + times, 0);
  const since = options.replicas === 1 ? 'from the new start' : 'from the kill';
  return [
    `${situationOf(options)}, seed ${options.seed}`,
    `questions ${questions}: ${counts}`,
    ...(others.length > 0 ? [others.map((kind) => `${kind} ${count(violations, kind)}`).join(', ')] : []),
    `faults ${total}: ${struck.map(([name, times]) => `${name} ${times}`).join(', ')}`,
    `kill -9 to the reply growing again, ${since}: p50 ${seconds(times, 0.5)}, p99 ${seconds(times, 0.99)}` +
      ` (${times.length} replies; ${interrupted} more were struck again before)`,
    `of it until the model is asked again: p50 ${seconds(askedAgain, 0.5)}, p99 ${seconds(askedAgain, 0.99)}`,
    `asked to answered: p50 ${seconds(waits, 0.5)}, p99 ${seconds(waits, 0.99)}`,
    ...(exits > 0 ? [`processes ended by themselves and were started again: ${exits}`] : []),
    ...(violations.length > 0 ? ['', ...failure(options, result)] : []),
    '',
  ].join('\n');
}

function situationOf({ store, replicas, platforms, isRolling }: Options): string {
  const what = isRolling ? 'A rolling restart' : 'Faults';
  const processes = replicas === 1 ? 'one process' : `${replicas} processes`;
  return `${what}: ${store === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, ${processes}, ${platforms.join(' and ')}`;
}

function failure(options: Options, { violations, log, folder }: Result): string[] {
  return [
    'What happened:',
    ...linesAbout(violations, log),
    '',
    'What is wrong:',
    ...violations.slice(0, MOST_VIOLATIONS).map(lineOf),
    ...(violations.length > MOST_VIOLATIONS ? [`and ${violations.length - MOST_VIOLATIONS} more`] : []),
    '',
    `The logs and what was kept: ${folder}`,
    `Again: npm run test:faults -- ${commandOf(options)}`,
  ];
}

function linesAbout(violations: readonly Violation[], log: readonly string[]): string[] {
  const first = Math.min(...violations.map(({ question }) => question ?? Number.POSITIVE_INFINITY));
  const asked = log.findIndex((line) => line.includes(`  question ${first} (`));
  const start = Math.max(0, (asked < 0 ? log.length - LINES : asked) - LINES_BEFORE);
  return log.slice(start, start + LINES);
}

function lineOf({ kind, question, conversation, what }: Violation): string {
  const about = [question === undefined ? '' : `question ${question}`, conversation ?? ''].filter(Boolean);
  return `${kind}${about.length > 0 ? ` (${about.join(', ')})` : ''}: ${what}`;
}

function commandOf({ faults, seed, store, replicas, platforms, isRolling, pace }: Options): string {
  const platform = platforms.length > 1 ? 'both' : platforms[0];
  return [
    ...(isRolling ? ['--rolling'] : [String(faults)]),
    `--seed ${seed} --store ${store} --replicas ${replicas} --platform ${platform}`,
    ...(pace === 1 ? [] : [`--pace ${pace}`]),
  ].join(' ');
}

function isCounted(kind: Violation['kind']): boolean {
  return COUNTED.some((counted) => counted === kind);
}

function count(violations: readonly Violation[], kind: Violation['kind']): number {
  return violations.filter((violation) => violation.kind === kind).length;
}

function seconds(times: readonly number[], share: number): string {
  const sorted = times.toSorted((one, other) => one - other);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  return value === undefined ? '–' : `${(value / 1_000).toFixed(2)} s`;
}
