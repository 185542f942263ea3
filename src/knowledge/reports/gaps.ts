import { groupAlike } from '../alike.ts';
import type { Gap } from '../gaps.ts';
import { visible } from './sync-report.ts';

/** So many groups are printed, and so many questions of one. */
const MOST_GROUPS = 50;
const MOST_OF_A_GROUP = 3;

/** The questions that were not answered, alike ones together. */
export function printedGaps(gaps: readonly (Gap & { conversation: string })[]): string {
  if (gaps.length === 0) return 'No question is noted as unanswered.';
  const groups = groupAlike(gaps, ({ question }) => question);
  const more = groups.length - MOST_GROUPS;
  return [...groups.slice(0, MOST_GROUPS).map(printedGroup), ...(more > 0 ? [`and ${more} more`] : [])].join(
    '\n',
  );
}

function printedGroup(group: readonly (Gap & { conversation: string })[]): string {
  const [newest] = group;
  const reasons = [...Map.groupBy(group, ({ reason }) => reason)].map(
    ([reason, { length }]) => `${length} × ${reason}`,
  );
  const day = newest ? new Date(newest.at).toISOString().slice(0, 10) : '';
  const texts = [...new Set(group.map(({ question }) => visible(question)))];
  return [
    `${group.length} × ${texts[0]}  (${reasons.join(', ')}; last on ${day} in ${visible(newest?.conversation ?? '')})`,
    ...texts.slice(1, MOST_OF_A_GROUP).map((text) => `      ${text}`),
  ].join('\n');
}
