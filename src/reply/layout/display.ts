import type { Limits } from '../../view.ts';
import { linkAt } from '../links/masked.ts';
import { BacktickFences } from './backticks.ts';
import type { Step } from './block.ts';
import { fixedWidth } from './table.ts';

/** Escaped signs and code spans, which are left alone, and what may begin an image. */
const ESCAPE_CODE_OR_IMAGE = /\\.|(?<!`)(`+)(?!`)[^\r\n]*?(?<!`)\1(?!`)|!\[/g;

/** What another fence than that of three backticks, or indented code, cannot do without. */
const CODE = /`{3}|~{3}| {4}|\t/;

/**
 * What people see of a part, on a platform that does not show all of Markdown. Never longer than `PartLength` says.
 * @param steps Its lines.
 * @param startsInList Whether indentation at the start goes on with a list of the part before, and is not that of code.
 */
export function display(steps: readonly Step[], limits: Limits, startsInList: boolean): string {
  const markdown = steps.map(({ line }) => line).join('');
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
  for (const { line, before, after } of steps) {
    const isTable = limits.tables === 'fixed-width' && after.table !== undefined;
    if (isTable && after.line === 'table-delimiter') {
      shown.pop();
      table = [last, line];
    } else if (isTable) table.push(line);
    else {
      endTable();
      const text = after.fence || before.fence ? line : images(line);
      if (fences) shown.push(...fences.show(text, before, after));
      else shown.push(text);
    }
    last = line;
  }
  endTable();
  const text = shown.join('') + (fences?.end() ?? '');
  return text.endsWith('\n') && !markdown.endsWith('\n') ? text.slice(0, -1) : text;
}

function isPlain(markdown: string, { tables, images, fences }: Limits): boolean {
  const hasTable = tables === 'fixed-width' && markdown.includes('|');
  const hasImage = images === 'link' && markdown.includes('![');
  const hasCode = fences === 'backticks' && CODE.test(markdown);
  return !hasTable && !hasImage && !hasCode;
}

/** An image as a link to it, for platforms that show images only as attachments. */
function linkImages(line: string): string {
  if (!line.includes('![')) return line;
  let shown = '';
  let at = 0;
  for (const { 0: sign, index } of line.matchAll(ESCAPE_CODE_OR_IMAGE)) {
    const image = sign === '![' && index >= at ? linkAt(line, index) : undefined;
    if (!image || image === 'begun' || image.target === '') continue;
    const isNamed = image.text.trim() !== '';
    shown += line.slice(at, index) + (isNamed ? line.slice(index + 1, image.end) : `<${image.target}>`);
    at = image.end;
  }
  return shown + line.slice(at);
}
