import type { Limits } from '../../platform.ts';
import { BacktickFences } from './backticks.ts';
import { type Block, linesOf, START, step } from './block.ts';
import { fixedWidth } from './table.ts';

/** Code spans, which are left alone, and images. */
const CODE_OR_IMAGE = /(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|!\[([^\]]*)\]\(([^()\s]+)[^()]*\)/g;

/** What another fence than that of three backticks, or indented code, cannot do without. */
const CODE = /`{3}|~{3}| {4}|\t/;

/**
 * What people see of a part, on a platform that does not show all of Markdown. Never longer than `PartLength` says.
 * @param startsInList Whether indentation at the start goes on with a list of the part before, and is not that of code.
 */
export function display(markdown: string, limits: Limits, startsInList = false): string {
  if (isPlain(markdown, limits)) return markdown;
  const images = limits.images === 'link' ? linkImages : (text: string) => text;
  const fences = limits.fences === 'backticks' ? new BacktickFences(startsInList) : undefined;
  const shown: string[] = [];
  let table: string[] = [];
  let last = '';
  const endTable = () => {
    if (table.length > 0) shown.push(fixedWidth(table), '\n');
    table = [];
  };
  for (const { line, block, before } of blocksOf(markdown)) {
    const isTable = limits.tables === 'fixed-width' && block.table !== undefined;
    if (isTable && block.line === 'table-delimiter') {
      shown.pop();
      table = [last, line];
    } else if (isTable) table.push(line);
    else {
      endTable();
      const text = block.fence || before.fence ? line : images(line);
      if (fences) shown.push(...fences.show(text, before, block));
      else shown.push(text);
    }
    last = line;
  }
  endTable();
  const text = shown.join('') + (fences?.end() ?? '');
  return text.replace(/\n$/, markdown.endsWith('\n') ? '\n' : '');
}

function isPlain(markdown: string, { tables, images, fences }: Limits): boolean {
  const hasTable = tables === 'fixed-width' && markdown.includes('|');
  const hasImage = images === 'link' && markdown.includes('![');
  const hasCode = fences === 'backticks' && CODE.test(markdown);
  return !hasTable && !hasImage && !hasCode;
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
