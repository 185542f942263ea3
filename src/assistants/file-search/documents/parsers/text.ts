import type { Block, BlockKind, Document } from '../document.ts';
import { withUnixLines } from '../lines.ts';

/** Paragraphs, as blank lines part them. */
export function parseText(text: string): Document {
  return { blocks: blocksAt(text, 'text', () => true) };
}

/** What a closing line begins with: it belongs to what stands above it. */
const CLOSING = /^(?:[)\]}]|end\b|fi\b|done\b|esac\b|<\/)/;

/** Functions, classes and whatever else begins at the margin after a blank line. */
export function parseCode(text: string): Document {
  return { blocks: blocksAt(text, 'code', (line) => /^\S/.test(line) && !CLOSING.test(line)) };
}

/** Blocks that begin at a line after a blank one, where `begins` agrees. */
function blocksAt(text: string, kind: BlockKind, begins: (line: string) => boolean): Block[] {
  const blocks: Block[] = [];
  const lines = withUnixLines(text).split('\n');
  let first = 0;
  const end = (next: number) => {
    let last = next;
    while (last > first && isBlank(lines[last - 1])) last -= 1;
    if (last > first) {
      blocks.push({ kind, text: lines.slice(first, last).join('\n'), place: { lines: [first + 1, last] } });
    }
    first = next;
  };
  lines.forEach((line, at) => {
    if (at === first && isBlank(line)) first = at + 1;
    else if (at > first && isBlank(lines[at - 1]) && !isBlank(line) && begins(line)) end(at);
  });
  end(lines.length);
  return blocks;
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === '';
}
