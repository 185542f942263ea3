import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { Checked } from './checked.ts';

/** A Markdown file's fields, which stand between two `---` lines at its top, and the text below them. */
export interface FrontMatter {
  fields: Record<string, unknown>;
  body: string;
  /** The line of the file, counted from 1, where the value at `path` stands; for an unknown field, its name. */
  lineOf(path: PropertyKey[]): number | undefined;
}

/** The fields begin on the file's second line. */
const FIRST_LINE = 1;

/** Takes a file apart. A byte order mark and Windows line ends are welcome. A mistake names the line it stands on. */
export function parseFrontMatter(text: string): Checked<FrontMatter> {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (lines[0]?.trimEnd() !== '---') {
    return {
      mistakes: [
        'line 1: the fields are missing: begin the file with a line "---", the fields and a line "---".',
      ],
    };
  }
  const end = lines.findIndex((line, i) => i > 0 && line.trimEnd() === '---');
  if (end < 0) return { mistakes: ['line 1: the fields have no end: close them with a line "---".'] };
  const body = lines
    .slice(end + 1)
    .join('\n')
    .trim();
  return parseFields(lines.slice(1, end).join('\n'), body);
}

function parseFields(yaml: string, body: string): Checked<FrontMatter> {
  const counter = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: counter, prettyErrors: false });
  const lineAt = (offset: number) => counter.linePos(offset).line + FIRST_LINE;
  if (document.errors.length > 0) {
    return {
      mistakes: document.errors.map(({ message, pos }) => `line ${lineAt(pos[0])}: ${sentence(message)}`),
    };
  }
  if (document.contents !== null && !isMap(document.contents)) {
    return { mistakes: ['line 2: the fields must be written as "name: value", each on a line of its own.'] };
  }
  const lineOf = (path: PropertyKey[]) => {
    const range = nodeAt(document, path)?.range;
    return range ? lineAt(range[0]) : undefined;
  };
  try {
    return { value: { fields: document.toJS() ?? {}, body, lineOf } };
  } catch (error) {
    // An alias of nothing, or so many of them that they would fill the memory.
    const reason = error instanceof Error ? error.message : String(error);
    return { mistakes: [`the fields cannot be read: ${sentence(reason)}`] };
  }
}

/** The name of a field at the top, or a value further in; the nearest around it, where that is not written out. */
function nodeAt(document: Document, path: PropertyKey[]): Node | undefined {
  const { contents } = document;
  if (!isMap(contents) || path.length === 0) return undefined;
  const key = contents.items.find((pair) => isScalar(pair.key) && pair.key.value === path[0])?.key;
  const node = path.length > 1 ? contents.getIn(path, true) : key;
  return isNode(node) ? node : nodeAt(document, path.slice(0, -1));
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
