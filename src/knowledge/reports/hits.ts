import type { Hit } from '../search.ts';
import { visible } from './sync-report.ts';

/** So much of a passage is printed, in UTF-16 code units. */
const LONGEST_EXCERPT = 300;

/** Letters that a word of the query needs, to be looked for in a passage. */
const SHORTEST_WORD = 3;

/** What a search found, with scores and why. */
export function printedHits(query: string, hits: readonly Hit[]): string {
  if (hits.length === 0) return 'Nothing is found: the assistant would say that it does not know.';
  return hits.map((hit, at) => printedHit(hit, at + 1, query)).join('\n\n');
}

function printedHit(hit: Hit, number: number, query: string): string {
  const { path, score, text, headings, place, attributes, parts } = hit;
  const { title, date, url, owner, audience } = attributes;
  const where = [...headings, placeOf(place)].filter(Boolean).join(' › ');
  const facts = [date, owner && `owner ${owner}`, url, audience && `only for ${audience}`]
    .filter(Boolean)
    .join(', ');
  const words = matched(query, `${headings.join(' ')} ${text}`);
  const why = [
    ...(parts?.text === undefined ? [] : [`full text ${parts.text.toFixed(3)}`]),
    ...(parts?.embedding === undefined ? [] : [`vectors ${parts.embedding.toFixed(3)}`]),
    words.length > 0 ? `matched words: ${words.join(', ')}` : 'no word of the question stands there as it is',
  ].join('; ');
  return [
    `${number}. ${score.toFixed(3)}  ${title ? `${title} (${path})` : path}${where && `: ${where}`}`,
    ...(facts ? [`   ${facts}`] : []),
    `   ${why}`,
    `   ${excerpt(text)}`,
  ]
    .map(visible)
    .join('\n');
}

function placeOf({ page, slide, sheet, rows, lines }: Hit['place']): string {
  const range = (name: string, value: unknown) => {
    if (!Array.isArray(value)) return '';
    const [first, last] = value;
    return first === last ? `${name} ${first}` : `${name}s ${first}–${last}`;
  };
  return [
    page === undefined ? '' : `page ${page}`,
    slide === undefined ? '' : `slide ${slide}`,
    sheet === undefined ? '' : `sheet ${sheet}`,
    range('row', rows),
    range('line', lines),
  ]
    .filter(Boolean)
    .join(', ');
}

function matched(query: string, text: string): string[] {
  const there = new Set(wordsOf(text));
  return [...new Set(wordsOf(query))].filter((word) => word.length >= SHORTEST_WORD && there.has(word));
}

function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= LONGEST_EXCERPT ? line : `${line.slice(0, LONGEST_EXCERPT).toWellFormed()}…`;
}
