import { type OfficeContentNode, OfficeErrorType, OfficeParser } from 'officeparser';
import type { Block, Document, Place } from '../document.ts';
import type { NamedFile } from '../document-reader.ts';
import { LIMITS } from '../limits.ts';
import { locked, UnreadableDocument } from '../unreadable.ts';
import { type Row, tablesOf, tableText } from './tables.ts';

/** More cells than any sheet that people read; beyond, the rest is left out. */
const MOST_CELLS = 500_000;

/** What the XML of a document may hold: each element takes some hundred bytes of memory. */
const MOST_ELEMENTS = 500_000;

const OPTIONS = {
  ignoreComments: true,
  ignoreHeadersAndFooters: true,
  ignoreSlideMasters: true,
  decompressionLimits: {
    maxUncompressedBytes: LIMITS.unpackedBytes,
    maxZipEntries: LIMITS.archiveEntries,
    maxTableCells: MOST_CELLS,
    maxXmlElements: MOST_ELEMENTS,
  },
};

/** The parser's errors of which people hear more than that a document is broken. */
const LOCKED: ReadonlySet<string> = new Set([
  OfficeErrorType.PASSWORD_REQUIRED,
  OfficeErrorType.PASSWORD_INCORRECT,
]);
const TOO_MUCH: ReadonlySet<string> = new Set([
  OfficeErrorType.ZIP_ENTRY_COUNT_LIMIT_EXCEEDED,
  OfficeErrorType.ZIP_SIZE_LIMIT_EXCEEDED,
  OfficeErrorType.XML_ELEMENT_LIMIT_EXCEEDED,
  OfficeErrorType.MAX_NESTING_DEPTH_EXCEEDED,
]);

/** Documents, slides and sheets of Word, PowerPoint, Excel and their free kin, RTF and EPUB. */
export async function parseOfficeFile({ bytes }: NamedFile): Promise<Document> {
  const { content, metadata } = await contentOf(bytes);
  const writer = new BlockWriter();
  for (const node of content) writer.add(node, {});
  const { blocks } = writer;
  const title = metadata.title?.trim() || blocks.find(({ level }) => level === 1)?.text;
  return { ...(title && { title }), blocks };
}

async function contentOf(bytes: Uint8Array) {
  try {
    return await OfficeParser.parseOffice(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), OPTIONS);
  } catch (error) {
    const code = codeIn(error);
    if (LOCKED.has(code)) throw locked();
    if (TOO_MUCH.has(code))
      throw new UnreadableDocument('unpacks to more than is read of one document: split it.');
    throw error;
  }
}

function codeIn(error: unknown): string {
  const { officeIssue } = Object(error) as { officeIssue?: { code?: unknown } };
  return String(officeIssue?.code);
}

/** Makes blocks of the parser's tree. */
class BlockWriter {
  readonly blocks: Block[] = [];

  add(node: OfficeContentNode, place: Place): void {
    switch (node.type) {
      case 'heading':
        this.#push({ kind: 'heading', level: node.metadata?.level ?? 1, text: oneLine(textOf(node)), place });
        break;
      case 'list':
        this.#addItem(node, place);
        break;
      case 'table':
        this.#push({ kind: 'table', text: textOfTable(node), place });
        break;
      case 'code':
        this.#push({
          kind: 'code',
          text: `\`\`\`${node.metadata?.language ?? ''}\n${textOf(node)}\n\`\`\``,
          place,
        });
        break;
      case 'sheet':
        this.#addSheet(node, { ...place, sheet: node.metadata?.sheetName ?? '' });
        break;
      case 'slide':
        this.#addAll(node, { ...place, slide: node.metadata?.slideNumber ?? 1 });
        break;
      case 'paragraph':
      case 'text':
        this.#push({ kind: 'text', text: textOf(node).trim(), place });
        break;
      default:
        this.#addAll(node, place);
    }
    if (node.type !== 'slide') this.#addNotes(node, place);
  }

  #addAll(node: OfficeContentNode, place: Place): void {
    for (const child of node.children ?? []) this.add(child, place);
    this.#addNotes(node, place);
  }

  /** What a speaker says to a slide, and footnotes. */
  #addNotes({ notes = [] }: OfficeContentNode, place: Place): void {
    for (const note of notes) {
      const text = textOf(note).trim();
      if (text) this.#push({ kind: 'text', text: `Note: ${text}`, place });
    }
  }

  #addItem(node: Extract<OfficeContentNode, { type: 'list' }>, place: Place): void {
    const { indentation = 0, itemIndex = 0, listType } = node.metadata ?? {};
    const marker = listType === 'ordered' ? `${itemIndex + 1}.` : '-';
    const text = `${'  '.repeat(indentation)}${marker} ${oneLine(textOf(node))}`;
    const last = this.blocks.at(-1);
    if (last?.kind === 'list' && last.place.slide === place.slide) last.text += `\n${text}`;
    else this.#push({ kind: 'list', text, place });
  }

  /** Columns in which nothing stands are left out, so that one far cell costs nothing. */
  #addSheet(node: OfficeContentNode, place: Place): void {
    const rows = (node.children ?? []).flatMap(({ children = [] }) => cellsIn(children));
    const used = new Set(rows.flatMap((cells) => cells.map(({ column }) => column)));
    const columns = new Map(
      [...used].toSorted((one, other) => one - other).map((column, at) => [column, at]),
    );
    this.#push({ kind: 'heading', level: 1, text: place.sheet ?? '', place });
    this.blocks.push(
      ...tablesOf(
        rows.map((cells) => rowOf(cells, columns)),
        place,
      ),
    );
  }

  #push(block: Block): void {
    if (block.text) this.blocks.push(block);
  }
}

interface Cell {
  row: number;
  column: number;
  text: string;
}

function cellsIn(nodes: OfficeContentNode[]): Cell[][] {
  const cells = nodes.flatMap((node) => {
    if (node.type !== 'cell') return [];
    const { row = 0, col = 0 } = node.metadata ?? {};
    return [{ row, column: col, text: textOf(node) }];
  });
  const filled = cells.filter(({ text }) => text.trim());
  return filled.length > 0 ? [filled] : [];
}

function rowOf(cells: Cell[], columns: Map<number, number>): Row {
  const texts: string[] = [];
  for (const { column, text } of cells) texts[columns.get(column) ?? 0] = text;
  return { row: (cells[0]?.row ?? 0) + 1, cells: Array.from(texts, (text) => text ?? '') };
}

function textOfTable({ children = [] }: OfficeContentNode): string {
  const [header = [], ...rows] = children.map((row) => (row.children ?? []).map(textOf));
  return tableText(
    header,
    rows.map((cells, at) => ({ row: at, cells })),
  );
}

/** Lines of what stands in blocks, and what stands in one line together. */
function textOf(node: OfficeContentNode): string {
  if (node.type === 'break') return '\n';
  if (!node.children?.length) return node.text ?? '';
  const between = node.children.some(({ type }) => type === 'paragraph' || type === 'list') ? '\n' : '';
  return node.children.map(textOf).join(between);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
