import { getDocumentProxy } from 'unpdf';
import type { Document, Unread } from '../document.ts';
import type { NamedFile } from '../document-reader.ts';
import { LIMITS } from '../limits.ts';
import { BROKEN, locked, UnreadableDocument } from '../unreadable.ts';
import { type Line, PdfLayout } from './pdf-layout.ts';

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

/** What the parser of PDFs names a locked one. */
const LOCKED = 'PasswordException';

/** How many characters a page with text has at least on average, where character maps are missing. */
const NEARLY_EMPTY = 20;

/** What a PDF says, by pages; larger lines are headings. Pictures of text say nothing. */
export async function parsePdf({ bytes }: NamedFile): Promise<Document> {
  const files = new MissingFiles();
  const pdf = await open(bytes, files);
  if (pdf.numPages > LIMITS.pdfPages) {
    const limit = `${pdf.numPages} pages, more than the ${LIMITS.pdfPages} that are read`;
    throw new UnreadableDocument(`has ${limit}: split it.`);
  }
  const layout = new PdfLayout();
  const unread: Unread[] = [];
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const lines = await linesOf(pdf, number).catch(() => undefined);
    if (lines) layout.add(number, lines);
    else unread.push({ path: `page ${number}`, reason: BROKEN });
  }
  if (files.characterMaps && layout.length < pdf.numPages * NEARLY_EMPTY) throw withoutMaps();
  const blocks = layout.blocks();
  if (blocks.length === 0) throw unread.length > 0 ? new UnreadableDocument(BROKEN) : scanned();
  const title = (await titleOf(pdf)) || blocks.find(({ level }) => level === 1)?.text;
  return { ...(title && { title }), blocks, ...(unread.length > 0 && { unread }) };
}

async function open(bytes: Uint8Array, files: MissingFiles): Promise<Pdf> {
  try {
    // A copy: what the parser is given is of no use to others afterwards.
    return await getDocumentProxy(new Uint8Array(bytes), {
      useSystemFonts: false,
      verbosity: 0,
      useWorkerFetch: false,
      useWasm: false,
      BinaryDataFactory: files.Factory,
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

/** Notes what a PDF would need of the files that its parser can do with, none of which comes with it. */
class MissingFiles {
  characterMaps = false;
  readonly Factory: new () => { fetch(file: { kind: string }): Promise<never> };

  constructor() {
    const note = (kind: string) => {
      this.characterMaps ||= kind === 'cMapUrl';
    };
    this.Factory = class {
      async fetch({ kind }: { kind: string }): Promise<never> {
        note(kind);
        throw new Error(`There is no ${kind}.`);
      }
    };
  }
}

function withoutMaps(): UnreadableDocument {
  return new UnreadableDocument(
    'has its text in an old Chinese, Japanese or Korean encoding that cannot be read: save it as DOCX, or as PDF anew.',
    'unsupported_file',
  );
}

function scanned(): UnreadableDocument {
  return new UnreadableDocument(
    'holds no text, only pictures of it: run a text recognition (OCR) over it first.',
  );
}
