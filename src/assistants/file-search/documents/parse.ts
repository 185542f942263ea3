import { checkSize } from './check-size.ts';
import { decodeText } from './decode-text.ts';
import type { Document } from './document.ts';
import type { NamedFile } from './document-reader.ts';
import { type Kind, kindOfBytes, kindOfText } from './kind.ts';
import { LIMITS } from './limits.ts';
import { type Budget, newBudget, type Parsed } from './parts.ts';
import { BROKEN, tooMuchText, UnreadableDocument } from './unreadable.ts';

/** Reads a file that is not text, and tells the files in it; `budget` is what they may unpack, all together. */
type BinaryParser = (file: NamedFile, budget: Budget) => Promise<Parsed>;
type TextParser = (text: string, name: string) => Document | Promise<Document>;

/** Parsers are loaded when they are first needed: most files need one of them, and some are big. */
const BINARY: Partial<Record<Kind, () => Promise<BinaryParser>>> = {
  pdf: async () => (await import('./parsers/pdf.ts')).parsePdf,
  office: async () => (await import('./parsers/office.ts')).parseOfficeFile,
  archive: async () => (await import('./parsers/archive.ts')).parseArchive,
  email: async () => (await import('./parsers/email.ts')).parseEmail,
};

const TEXT: Partial<Record<Kind, () => Promise<TextParser>>> = {
  markdown: async () => (await import('./parsers/markdown.ts')).parseMarkdown,
  html: async () => (await import('./parsers/html.ts')).parseHtml,
  table: async () => (await import('./parsers/csv.ts')).parseCsv,
  code: async () => (await import('./parsers/text.ts')).parseCode,
  text: async () => (await import('./parsers/text.ts')).parseText,
};

/**
 * Reads any file, by its content first and then by its name, and the files in it. Rejects with an `UnreadableDocument`
 * when there is nothing that can be read.
 */
export async function parse(file: NamedFile, budget: Budget = newBudget(), depth = 0): Promise<Document> {
  checkSize(file.bytes);
  const { parts = [], ...document } = await parsed(file, budget);
  for (const part of parts) await addPart(document, part, budget, depth + 1);
  const isBlank = document.blocks.every(({ text }) => text.trim() === '');
  if (isBlank && (depth === 0 || !document.unread)) throw nothingIn(document);
  if (document.blocks.reduce((sum, { text }) => sum + text.length, 0) > LIMITS.textLength)
    throw tooMuchText();
  return document;
}

/** Puts what a file in a file says behind what is there already, with its path; or why nobody can read it. */
async function addPart(whole: Document, part: NamedFile, budget: Budget, depth: number): Promise<void> {
  const inPart = (path: string | undefined) => (path ? `${part.name}/${path}` : part.name);
  const unread = (reason: string, path?: string) => {
    whole.unread ??= [];
    whole.unread.push({ path: inPart(path), reason });
  };
  try {
    if (depth > LIMITS.depth) throw tooDeep();
    const inner = await parse(part, budget, depth);
    for (const block of inner.blocks) {
      const { path, ...place } = block.place;
      whole.blocks.push({ ...block, place: { path: inPart(path), ...place } });
    }
    for (const { path, reason } of inner.unread ?? []) unread(reason, path);
  } catch (error) {
    if (error instanceof UnreadableDocument && error.isOfWhole) throw error;
    unread(error instanceof UnreadableDocument ? error.message : BROKEN);
  }
}

async function parsed(file: NamedFile, budget: Budget): Promise<Parsed> {
  const binary = BINARY[kindOfBytes(file.bytes) ?? 'text'];
  if (binary) return (await binary())(file, budget);
  const text = decodeText(file.bytes, labelIn(file.bytes));
  const kind = kindOfText(text, file.name);
  const [asBytes, asText] = [BINARY[kind], TEXT[kind]];
  if (asBytes) return (await asBytes())(file, budget);
  if (asText) return (await asText())(text, file.name);
  throw new Error(`Nothing reads ${kind}.`);
}

/** The encoding that HTML or XML names at its beginning. */
function labelIn(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  return /<(?:meta|\?xml)[^>]*(?:charset|encoding)\s*=\s*["']?([\w-]+)/i.exec(head)?.[1];
}

function tooDeep(): UnreadableDocument {
  return new UnreadableDocument('stands in an archive in an archive in an archive: unpack the outer ones.');
}

function nothingIn({ unread = [] }: Document): UnreadableDocument {
  const [first] = unread;
  if (!first) return new UnreadableDocument('holds no text.');
  return new UnreadableDocument(`holds nothing that can be read: ${first.path} ${first.reason}`);
}
