import type { DocumentPlace } from '../../view.ts';
import type { Citation } from './citations.ts';
import { safeAddress, safeText } from './safe-text.ts';

/** The names of files by their ids, for sources of which the server tells no more. */
export type FileNames = ReadonlyMap<string, string>;

/** What of a name, title or heading is shown, in UTF-16 code units: a line of a chat on a telephone holds about 40. */
const LONGEST_TITLE = 80;
const LONGEST_HEADING = 60;
/** Of a path of headings the last ones are shown: they say most about the place. */
const MAX_HEADINGS = 3;
const LONGEST_SHEET = 40;

const DAY = /^\d{4}-\d{2}-\d{2}/;

/** A source as a line of Markdown without its number: title, place and date, and a link where the document has an address. */
export function sourceLine(citation: Citation, names: FileNames): string {
  const { result } = citation;
  const title = titleOf(citation, names);
  const address = safeAddress(result?.attributes?.url);
  const headings = headingsOf(result?.headings ?? [], title);
  const name = [title, ...headings].join(' › ');
  const where = [placeOf(result?.place ?? {}, headings.length > 0), dayOf(citation)].filter(
    (part) => part !== undefined,
  );
  return [address === undefined ? name : `[${name}](${address})`, ...where].join(', ');
}

/** The document's title as people see it. */
export function titleOf({ result, fileId }: Citation, names: FileNames): string {
  const { title, path } = result?.attributes ?? {};
  const known = [title, path, result?.file_name, fileId && names.get(fileId)];
  for (const name of known) {
    const safe = typeof name === 'string' ? safeText(name, LONGEST_TITLE) : '';
    if (safe !== '') return safe;
  }
  return fileId === undefined ? 'a source that was not found' : 'a document without a name';
}

/** The document's date, as `2026-03-12`; undefined where it has none. */
export function dayOf({ result }: Citation): string | undefined {
  const { date } = result?.attributes ?? {};
  const day = typeof date === 'string' ? DAY.exec(date)?.[0] : undefined;
  return day === undefined || Number.isNaN(Date.parse(day)) ? undefined : day;
}

function headingsOf(headings: readonly string[], title: string): string[] {
  const safe = headings
    .map((heading) => safeText(heading, LONGEST_HEADING))
    .filter((heading) => heading !== '');
  const below = safe[0] === title ? safe.slice(1) : safe;
  return below.length > MAX_HEADINGS ? ['…', ...below.slice(-MAX_HEADINGS)] : below;
}

/** Lines say something only where there are no headings. */
function placeOf(
  { page, slide, sheet, rows, lines }: DocumentPlace,
  hasHeadings: boolean,
): string | undefined {
  if (page !== undefined) return `page ${page}`;
  if (slide !== undefined) return `slide ${slide}`;
  const inSheet = [sheet && `sheet ${safeText(sheet, LONGEST_SHEET)}`, rows && rangeOf('row', rows)].filter(
    Boolean,
  );
  if (inSheet.length > 0) return inSheet.join(' ');
  return lines && !hasHeadings ? rangeOf('line', lines) : undefined;
}

function rangeOf(what: string, [first, last]: readonly [number, number]): string {
  return first === last ? `${what} ${first}` : `${what}s ${first}–${last}`;
}
