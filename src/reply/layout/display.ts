import type { Limits } from '../../platform.ts';
import { type Block, linesOf, START, step } from './block.ts';
import { fixedWidth } from './table.ts';

/** Code spans, which are left alone, and images. */
const CODE_OR_IMAGE = /(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|!\[([^\]]*)\]\(([^()\s]+)[^()]*\)/g;

/** What people see of a part, on a platform that does not show all of Markdown. Never longer than `TableSize` says. */
export function display(markdown: string, limits: Limits): string {
  const isPlain = limits.tables === 'markdown' || !markdown.includes('|');
  if (isPlain && (limits.images !== 'link' || !markdown.includes('!['))) return markdown;
  const images = limits.images === 'link' ? linkImages : (text: string) => text;
  const shown: string[] = [];
  let table: string[] = [];
  const endTable = () => {
    if (table.length > 0) shown.push(fixedWidth(table), '\n');
    table = [];
  };
  for (const { line, block, before } of blocksOf(markdown)) {
    const isTable = limits.tables === 'fixed-width' && block.table !== undefined;
    if (isTable && block.line === 'table-delimiter') table = [shown.pop() ?? '', line];
    else if (isTable) table.push(line);
    else {
      endTable();
      shown.push(block.fence || before.fence ? line : images(line));
    }
  }
  endTable();
  return shown.join('').replace(/\n$/, markdown.endsWith('\n') ? '\n' : '');
}

function* blocksOf(markdown: string): Generator<{ line: string; block: Block; before: Block }> {
  let block = START;
  for (const line of linesOf(markdown)) {
    const before = block;
    block = step(block, line);
    yield { line, block, before };
  }
}

/** An image as a link to it, for platforms that show images only as attachments. */
function linkImages(line: string): string {
  return line.replace(CODE_OR_IMAGE, (all: string, code?: string, alt = '', url = '') => {
    if (code !== undefined) return all;
    return alt.trim() === '' ? url : all.slice(1);
  });
}
