import { getDocumentProxy } from 'unpdf';
import type { Document, Unread } from '../document.ts';
import type { NamedFile } from '../document-reader.ts';
import { LIMITS } from '../limits.ts';
import { BROKEN, locked, UnreadableDocument } from '../unreadable.ts';
import { characterMap, UNKNOWN } from './character-maps.ts';
import { type Line, PdfLayout } from './pdf-layout.ts';

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

/** What the parser of PDFs names a locked one. */
const LOCKED = 'PasswordException';

/** How many characters a page with text has at least on average, where an encoding is unknown. */
const NEARLY_EMPTY = 20;

const OLD_ENCODING =
  'has its text in an old Chinese, Japanese or Korean encoding that cannot be read: save it as DOCX, or as PDF anew.';
const PARTLY_OLD =
  'has text in an old Chinese, Japanese or Korean encoding that cannot be read: save the document as PDF anew.';

/** What a PDF says, by pages; larger lines are headings. Pictures of text say nothing. */
export async function parsePdf({ bytes }: NamedFile): Promise<Document> {
  const maps = new CharacterMaps();
  const pdf = await open(bytes, maps);
  if (pdf.numPages > LIMITS.pdfPages) {
    const limit = `${pdf.numPages} pages, more than the ${LIMITS.pdfPages} that are read`;
    throw new UnreadableDocument(`has ${limit}: split it.`);
  }
  const layout = new PdfLayout();
  const unread: Unread[] = [];
  let isPartlyOld = false;
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const path = `page ${number}`;
    const missing = maps.missing;
    const lines = await linesOf(pdf, number).catch(() => undefined);
    if (lines) layout.add(number, lines.map(withoutUnknown));
    else unread.push({ path, reason: BROKEN });
    if (maps.missing === missing && !lines?.some(({ text }) => text.includes(UNKNOWN))) continue;
    isPartlyOld = true;
    unread.push({ path, reason: PARTLY_OLD });
  }
  if (isPartlyOld && layout.length < pdf.numPages * NEARLY_EMPTY)
    throw new UnreadableDocument(OLD_ENCODING, 'unsupported_file');
  const blocks = layout.blocks();
  if (blocks.length === 0) throw unread.length > 0 ? new UnreadableDocument(BROKEN) : scanned();
  const title = (await titleOf(pdf)) || blocks.find(({ level }) => level === 1)?.text;
  return { ...(title && { title }), blocks, ...(unread.length > 0 && { unread }) };
}

async function open(bytes: Uint8Array, maps: CharacterMaps): Promise<Pdf> {
  try {
    // A copy: what the parser is given is of no use to others afterwards.
    return await getDocumentProxy(new Uint8Array(bytes), {
      useSystemFonts: false,
      verbosity: 0,
      useWorkerFetch: false,
      useWasm: false,
      cMapPacked: false,
      BinaryDataFactory: maps.Factory,
    });
  } catch (error) {
    throw error instanceof Error && error.name === LOCKED ? locked() : error;
  }
}

async function linesOf(pdf: Pdf, number: number): Promise<Line[]> {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  page.cleanup();
  const lines: Line[] = [];
  let line: Line | undefined;
  for (const item of items) {
    if (!('str' in item)) continue;
    line ??= { text: '', size: 0, y: Number(item.transform[5]) };
    line.text += item.str;
    if (item.str.trim()) line.size = Math.max(line.size, item.height);
    if (!item.hasEOL) continue;
    lines.push(line);
    line = undefined;
  }
  return line ? [...lines, line] : lines;
}

async function titleOf(pdf: Pdf): Promise<string | undefined> {
  const { info } = await pdf.getMetadata();
  const title = 'Title' in info ? info.Title : undefined;
  return typeof title === 'string' ? title.trim() : undefined;
}

function withoutUnknown(line: Line): Line {
  return { ...line, text: line.text.replaceAll(UNKNOWN, '') };
}

/** What the parser is given of the files that it can do with, none of which comes with it. */
class CharacterMaps {
  /** How many were asked for that nobody knows. */
  missing = 0;
  readonly Factory: new () => { fetch(file: { kind: string; filename: string }): Promise<Uint8Array> };

  constructor() {
    const find = (name: string) => {
      const map = characterMap(name);
      if (map === undefined) this.missing += 1;
      return map;
    };
    this.Factory = class {
      async fetch({ kind, filename }: { kind: string; filename: string }): Promise<Uint8Array> {
        const map = kind === 'cMapUrl' ? find(filename) : undefined;
        if (map === undefined) throw new Error(`There is no ${kind} of this name.`);
        return Buffer.from(map);
      }
    };
  }
}

function scanned(): UnreadableDocument {
  return new UnreadableDocument(
    'holds no text, only pictures of it: run a text recognition (OCR) over it first.',
  );
}
