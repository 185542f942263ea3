import type { Block, BlockKind } from '../document.ts';
import { tableText } from './tables.ts';

/** What goes on in the line that it stands in; all else begins a new block. */
const INLINE = new Set(
  (
    'a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark meter output q ruby rb rp ' +
    'rt s samp small span strike strong sub sup time tt u var wbr'
  ).split(' '),
);

const CELLS = new Set(['td', 'th']);

const HEADING = /^h([1-6])$/;

interface Table {
  rows: string[][];
  /** What stands before the table in the cell of another one, and in it before its cells. */
  before: string;
  hasTables: boolean;
}

/** Makes blocks of a page's elements, as they come. */
export class HtmlBlocks {
  readonly #all: Block[] = [];
  readonly #inMain: Block[] = [];
  #isInMain = false;
  #title = '';
  #text = '';
  #kind: BlockKind = 'text';
  #level = 0;
  #language = '';
  /** How many `pre` and `title` elements are open. */
  #pre = 0;
  #isTitle = false;
  /** The lists that are open, each with the number of its next item, or `undefined` where it has none. */
  readonly #lists: (number | undefined)[] = [];
  readonly #tables: Table[] = [];

  open(name: string, attributes: Record<string, string>, isInMain: boolean): void {
    const heading = HEADING.exec(name);
    if (name === 'title' && !this.#title) this.#isTitle = true;
    else if (name === 'br') this.#text += '\n';
    else if (name === 'pre') this.#openPre(attributes);
    else if (name === 'code' && this.#pre > 0) this.#language ||= languageOf(attributes);
    else if (name === 'ul' || name === 'ol')
      this.#openList(name === 'ol' ? Number(attributes.start ?? 1) : undefined);
    else if (name === 'li') this.#openItem();
    else if (name === 'table') this.#openTable();
    else if (name === 'tr') this.#table?.rows.push([]);
    else if (CELLS.has(name) && this.#table) this.#openCell(this.#table);
    else if (!INLINE.has(name)) this.#break();
    if (heading && !this.#isHeld) {
      this.#kind = 'heading';
      this.#level = Number(heading[1]);
    }
    this.#isInMain = isInMain;
  }

  text(text: string): void {
    if (this.#isTitle) this.#title += text;
    else this.#text += this.#pre > 0 ? text : text.replace(/\s+/g, ' ');
  }

  close(name: string): void {
    if (name === 'title') this.#isTitle = false;
    else if (name === 'pre') this.#closePre();
    else if (name === 'ul' || name === 'ol') this.#closeList();
    else if (name === 'table') this.#closeTable();
    else if (CELLS.has(name) && this.#table) this.#closeCell(this.#table);
    else if (!INLINE.has(name) && name !== 'br' && name !== 'tr') this.#break();
  }

  end(): { title: string; all: Block[]; inMain: Block[] } {
    this.#flush();
    return { title: this.#title.replace(/\s+/g, ' ').trim(), all: this.#all, inMain: this.#inMain };
  }

  get #table(): Table | undefined {
    return this.#tables.at(-1);
  }

  /** True where text belongs to a list or a cell, which ends later. */
  get #isHeld(): boolean {
    return this.#lists.length > 0 || this.#tables.length > 0 || this.#pre > 0;
  }

  #break(): void {
    if (!this.#isHeld) this.#flush();
    else if (this.#pre === 0 && this.#text && !/\n *$/.test(this.#text) && !/(?:-|\d\.) $/.test(this.#text))
      this.#text += '\n';
  }

  #flush(kind: BlockKind = this.#kind): void {
    const text = kind === 'code' ? this.#text.replace(/^\n+|\s+$/g, '') : tidy(this.#text, kind);
    if (text) this.#push({ kind, text, place: {}, ...(kind === 'heading' && { level: this.#level }) });
    this.#text = '';
    this.#kind = 'text';
  }

  #push(block: Block): void {
    this.#all.push(block);
    if (this.#isInMain) this.#inMain.push(block);
  }

  #openPre(attributes: Record<string, string>): void {
    this.#break();
    this.#pre += 1;
    this.#language = languageOf(attributes);
  }

  #closePre(): void {
    this.#pre = Math.max(0, this.#pre - 1);
    if (this.#isHeld || !this.#text.trim()) return;
    this.#text = `\`\`\`${this.#language}\n${this.#text.replace(/^\n/, '').trimEnd()}\n\`\`\``;
    this.#flush('code');
  }

  #openList(first: number | undefined): void {
    if (this.#isHeld) this.#break();
    else this.#flush();
    this.#lists.push(first);
  }

  #openItem(): void {
    const depth = this.#lists.length;
    const number = this.#lists.at(-1);
    if (number !== undefined) this.#lists[depth - 1] = number + 1;
    if (this.#text && !this.#text.endsWith('\n')) this.#text += '\n';
    if (depth > 0) this.#text += `${'  '.repeat(depth - 1)}${number === undefined ? '-' : `${number}.`} `;
  }

  #closeList(): void {
    this.#lists.pop();
    if (!this.#isHeld) this.#flush('list');
  }

  #openTable(): void {
    this.#break();
    const outer = this.#table;
    if (outer) outer.hasTables = true;
    this.#tables.push({ rows: [], before: this.#text, hasTables: false });
    this.#text = '';
  }

  /** What stands between cells is the table's caption. */
  #openCell(table: Table): void {
    if (table.rows.length === 0) table.rows.push([]);
    if (this.#text.trim()) table.before += `${this.#text.trim()}\n`;
    this.#text = '';
  }

  #closeCell(table: Table): void {
    table.rows.at(-1)?.push(this.#text);
    this.#text = '';
  }

  /** A table with one column or row, or with tables in it, is there for the looks. */
  #closeTable(): void {
    const { rows = [], before = '', hasTables = false } = this.#tables.pop() ?? {};
    const filled = rows.filter((cells) => cells.some((cell) => cell.trim()));
    const isLayout = hasTables || filled.length < 2 || filled.every((cells) => cells.length < 2);
    const text = isLayout ? filled.flat().join('\n') : markdownOf(filled);
    const rest = this.#text;
    if (this.#isHeld) {
      this.#text = `${before}${text}\n${rest}`;
      return;
    }
    this.#text = before;
    this.#flush('text');
    this.#text = text;
    this.#flush(isLayout ? 'text' : 'table');
    this.#text = rest;
  }
}

function markdownOf([header = [], ...rows]: string[][]): string {
  return tableText(
    header,
    rows.map((cells, at) => ({ row: at, cells })),
  );
}

function languageOf({ class: names = '' }: Record<string, string>): string {
  return /(?:^|\s)lang(?:uage)?-([\w+#-]+)/.exec(names)?.[1] ?? '';
}

/** Lines without blanks at their ends; those of lists keep their indentation. */
function tidy(text: string, kind: BlockKind): string {
  const lines = text.split('\n').map((line) => (kind === 'list' ? line.trimEnd() : line.trim()));
  const kept = lines.filter((line) => line.trim());
  return kept.join(kind === 'heading' ? ' ' : '\n');
}
