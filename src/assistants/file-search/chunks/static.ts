import type { Document, Place } from '../documents/document.ts';
import type { Chunk } from './chunk.ts';
import { cut, graphemeEnd } from './cut.ts';
import { HeadingPath } from './heading-path.ts';
import { joinPlaces, PartPlaces } from './places.ts';
import { QUARTERS, reachBack } from './tokens.ts';

/** What stands between two blocks of a document's whole text. */
const BETWEEN = '\n\n';

/** A block, where it stands in the whole text, and the headings that it stands under. */
interface Span {
  from: number;
  to: number;
  places: PartPlaces;
  headings: string[];
}

/** The whole text of a document, which static chunks without an overlap join to. */
export function textOf(document: Document): string {
  return document.blocks.map(({ text }) => text).join(BETWEEN);
}

/** Windows over a document's text of at most so many tokens, each of which begins with the end of the one before. */
export function chunkStatically(document: Document, maxTokens: number, overlapTokens: number): Chunk[] {
  const text = textOf(document);
  const spans = spansOf(document);
  const chunks: Chunk[] = [];
  let first = 0;
  for (let from = 0; from < text.length; ) {
    const to = cut(text, from, maxTokens * QUARTERS);
    while (first + 1 < spans.length && (spans[first]?.to ?? 0) <= from) first += 1;
    chunks.push({ text: text.slice(from, to), ...standing(spans, first, from, to) });
    if (to === text.length) break;
    from = overlapTokens > 0 ? overlapStart(text, from, to, overlapTokens) : to;
  }
  return chunks;
}

/** Where the last tokens of a chunk begin, behind a blank where there is one, and always behind the chunk's start. */
function overlapStart(text: string, from: number, to: number, tokens: number): number {
  const earliest = Math.max(reachBack(text, to, tokens * QUARTERS), from + 1);
  const blank = text.slice(earliest, earliest + (to - earliest) / 2).search(/\s\S/);
  return Math.min(to, graphemeEnd(text, from, blank < 0 ? earliest : earliest + blank + 1));
}

function spansOf(document: Document): Span[] {
  const path = new HeadingPath();
  let from = 0;
  return document.blocks.map((block) => {
    path.follow(block);
    const span = { from, to: from + block.text.length, places: new PartPlaces(block), headings: path.texts };
    from = span.to + BETWEEN.length;
    return span;
  });
}

/** Under which headings and where the text between two places stands; `first` is the span that it begins in. */
function standing(spans: Span[], first: number, from: number, to: number): Pick<Chunk, 'headings' | 'place'> {
  let place: Place | undefined;
  for (let at = first; at < spans.length; at += 1) {
    const span = spans[at];
    if (!span || span.from >= to) break;
    const part = span.places.of(Math.max(from - span.from, 0), to - span.from);
    place = place ? joinPlaces(place, part) : part;
  }
  return { headings: spans[first]?.headings ?? [], place: place ?? {} };
}
