import type { Block, Document, Place } from '../documents/document.ts';
import type { Chunk } from './chunk.ts';
import { cut } from './cut.ts';
import { frameOf } from './frame.ts';
import { HeadingPath, isHeading } from './heading-path.ts';
import { areTogether, joinPlaces, PartPlaces } from './places.ts';
import { QUARTERS, quartersIn } from './tokens.ts';

/**
 * The most tokens of a chunk: a section of usual documentation as a whole, so that a match says what it is about, and
 * ten results still take but a few thousand tokens of a model's context.
 */
export const MOST_TOKENS = 400;

const MOST = MOST_TOKENS * QUARTERS;

/** A frame that is longer isn't repeated: too little would be left for what it frames. */
const MOST_OF_FRAME = MOST / 2;

const BETWEEN = '\n\n';

/** What stands under one heading, and on one page, slide or sheet. */
interface Section {
  headings: string[];
  heading: Block | undefined;
  blocks: Block[];
}

interface Piece {
  text: string;
  place: Place;
}

/** Chunks that never cross a heading, page, slide or sheet; within one, as many whole blocks as fit. */
export function chunkByStructure(document: Document): Chunk[] {
  return sectionsOf(document).flatMap(({ headings, blocks }) =>
    packed(blocks.flatMap(piecesOf)).map((piece) => ({ ...piece, headings })),
  );
}

function sectionsOf({ blocks }: Document): Section[] {
  const sections: Section[] = [];
  const path = new HeadingPath();
  for (const block of blocks) {
    const last = sections.at(-1);
    path.follow(block);
    if (isHeading(block)) sections.push({ headings: path.texts, heading: block, blocks: [] });
    else if (last && areTogether(placeOf(last), block.place)) last.blocks.push(block);
    else sections.push({ headings: path.texts, heading: undefined, blocks: [block] });
  }
  return sections.map((section, at) => (isBare(section, sections[at + 1]) ? bare(section) : section));
}

function placeOf({ heading, blocks: [first] }: Section): Place {
  return (first ?? heading)?.place ?? {};
}

/** True for a heading that nothing stands under: it is found by its own words then. */
function isBare({ headings, heading, blocks }: Section, next: Section | undefined): boolean {
  if (!heading || blocks.length > 0) return false;
  return !next || !headings.every((text, at) => next.headings[at] === text);
}

function bare(section: Section): Section {
  const { heading } = section;
  return { ...section, headings: section.headings.slice(0, -1), blocks: heading ? [heading] : [] };
}

/** As many pieces together as fit. */
function packed(pieces: Piece[]): Piece[] {
  const full: Piece[] = [];
  let room = 0;
  for (const piece of pieces) {
    const last = full.at(-1);
    const quarters = quartersIn(piece.text);
    if (last && quarters + BETWEEN.length <= room) {
      last.text += BETWEEN + piece.text;
      last.place = joinPlaces(last.place, piece.place);
      room -= quarters + BETWEEN.length;
    } else {
      full.push({ ...piece });
      room = MOST - quarters;
    }
  }
  return full;
}

/** A block as a whole, or in pieces that each repeat what frames it. */
function piecesOf(block: Block): Piece[] {
  if (quartersIn(block.text) <= MOST) return [{ text: block.text, place: block.place }];
  const { before, body, after } = frameOf(block);
  const frame = quartersIn(before) + quartersIn(after);
  const isRepeated = frame <= MOST_OF_FRAME;
  const [head, text, foot] = isRepeated ? [before, body, after] : ['', block.text, ''];
  const most = MOST - quartersIn(head) - quartersIn(foot);
  const places = new PartPlaces(block);
  const pieces: Piece[] = [];
  for (let from = 0; from < text.length; ) {
    const to = cut(text, from, most);
    const piece = text.slice(from, to).trimEnd();
    const place = places.of(from && head.length + from, head.length + to);
    if (piece.trim()) pieces.push({ text: head + piece + foot, place });
    from = to;
  }
  return pieces;
}
