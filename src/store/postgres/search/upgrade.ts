import { headingsIn } from '../../fields.ts';
import type { Connections, Query } from '../connections/connections.ts';
import { chunkIn } from './files.ts';
import { type Analyzer, HEADING } from './words.ts';

/** So many chunks are brought up to date at once: some ms, in which nobody else waits for them. */
const AT_ONCE = 50;

/** What other processes are at is theirs. */
const EARLIER = `SELECT chunk.id, title, content, chunk.words::text AS words
  FROM bobbin_search_chunks AS chunk JOIN bobbin_search_files AS file ON file.id = chunk.file
  WHERE heading IS NULL LIMIT ${AT_ONCE} FOR NO KEY UPDATE OF chunk SKIP LOCKED`;

const REPLACE = `UPDATE bobbin_search_chunks AS chunk SET words = later.words::tsvector, heading = later.heading
  FROM unnest($1::bigint[], $2::text[], $3::int[]) AS later (id, words, heading) WHERE chunk.id = later.id`;

/**
 * Brings chunks up to date that an earlier Bobbin has put, which did not tell a chunk's own heading from those above it: one
 * may run beside this one until it is replaced. Until then they are found, but for their headings no better than others.
 */
export async function upgradeChunks(connections: Connections, analyzer: Analyzer): Promise<void> {
  let done = AT_ONCE;
  while (done === AT_ONCE) done = await connections.transaction((query) => upgradeSome(query, analyzer));
}

async function upgradeSome(query: Query, analyzer: Analyzer): Promise<number> {
  const chunks = await query(EARLIER);
  if (chunks.length === 0) return 0;
  const later = chunks.map(({ title, content, words }) => {
    const { headings } = chunkIn(content);
    const fields = headingsIn(JSON.parse(String(title)), headings);
    const [above = [], heading = []] = analyzer.phrases([fields.above, fields.heading]);
    return { words: withHeading(String(words), above.length, heading.length), heading: heading.length };
  });
  await query(REPLACE, [
    chunks.map(({ id }) => id),
    later.map(({ words }) => words),
    later.map(({ heading }) => heading),
  ]);
  return chunks.length;
}

/**
 * A vector as an earlier Bobbin made it, with the labels that it lacks: the words above the chunk's own heading stand first,
 * then so many of that, and all of the two once more by themselves.
 */
function withHeading(vector: string, above: number, heading: number): string {
  const entries = vector.split(' ').filter((entry) => entry !== '' && !entry.startsWith(`'${HEADING}`));
  const isInHeading = (place: number) => place > above && place <= above + heading;
  const labelOf = (place: number) => (place <= above ? 'B' : isInHeading(place) ? 'A' : '');
  return entries
    .flatMap((entry) => {
      const [word = '', where] = entry.split(':');
      const places = (where?.split(',') ?? []).map(Number);
      if (places.length === 0) return [entry];
      const labelled = `${word}:${places.map((place) => `${place}${labelOf(place)}`).join(',')}`;
      return places.some(isInHeading) ? [labelled, `'${HEADING}${word.slice(1)}`] : [labelled];
    })
    .join(' ');
}
