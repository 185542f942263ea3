import type { Citation } from './citations.ts';
import { dayOf, type FileNames, sourceLine, titleOf } from './source-line.ts';

/**
 * The list is shortened so that it fits into one message of each platform, the smallest of which holds 2,000 characters, with
 * room for what else stands under a reply.
 */
const LONGEST_LIST = 1_500;
/** More sources nobody looks up. */
const MAX_SOURCES = 10;
/** For "and 100 more". */
const MORE = 20;

const DAY_MS = 24 * 60 * 60 * 1_000;

export interface SourceListOptions {
  names: FileNames;
  /** Older sources are said to be so; in days. Never when left out. */
  staleAfterDays?: number | undefined;
  /** When the reply is given: Unix time in ms. */
  now: number;
}

/** What stands under a reply that cites sources, as Markdown; nothing under one that does not. */
export function sourceList(citations: readonly Citation[], options: SourceListOptions): string {
  if (citations.length === 0) return '';
  const lines = linesOf(citations, options.names);
  const shown: string[] = [];
  let room = LONGEST_LIST - MORE;
  for (const line of lines) {
    room -= line.length + 1;
    if (shown.length > 0 && (room < 0 || shown.length === MAX_SOURCES)) break;
    shown.push(line);
  }
  const more = lines.length - shown.length;
  const list = ['**Sources**', ...shown, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n');
  const stale = staleness(citations, options);
  return stale === undefined ? list : `${list}\n\n${stale}`;
}

/** Numbers that stand for the same place share a line: some servers mark each passage of a file by itself. */
function linesOf(citations: readonly Citation[], names: FileNames): string[] {
  const byPlace = new Map<string, Citation[]>();
  for (const citation of citations) {
    const { result, fileId, number } = citation;
    const key = result ? `result ${number}` : (fileId ?? '');
    byPlace.set(key, [...(byPlace.get(key) ?? []), citation]);
  }
  return [...byPlace.values()].map((same) => {
    const numbers = same.map(({ number }) => `[${number}]`).join(' ');
    return `- ${numbers} ${same[0] ? sourceLine(same[0], names) : ''}`;
  });
}

/** What is to say when the best of the sources, which the search put first, is old. */
function staleness(
  citations: readonly Citation[],
  { names, staleAfterDays, now }: SourceListOptions,
): string | undefined {
  const best = citations.reduce((best, other) => (scoreOf(other) > scoreOf(best) ? other : best));
  const day = dayOf(best);
  if (staleAfterDays === undefined || day === undefined) return undefined;
  if (now - Date.parse(day) <= staleAfterDays * DAY_MS) return undefined;
  return `The best source, ${titleOf(best, names)}, is from ${day} and may be out of date.`;
}

function scoreOf({ result }: Citation): number {
  return result?.score ?? Number.NEGATIVE_INFINITY;
}
