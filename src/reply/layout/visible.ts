import { type Block, linesOf, START, step } from './block.ts';

/**
 * Characters that leave no mark: white space, controls, what Unicode lets programs ignore (zero-width spaces and
 * joiners, soft hyphens, byte order marks, variation selectors, fillers), interlinear anchors and the blank of Braille.
 * https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
 */
const VISIBLE = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/u;

/** A line that opens or closes a fence and says nothing beside its language. */
const BARE_FENCE = /^ {0,3}(?:`{3,}|~{3,})[ \t]*[^\s`~]*\s*$/;
/** What may become one. */
const BEGUN_FENCE = /^ {0,3}(?:`{1,2}|~{1,2})$/;

/** Whether people see anything of a text. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/** The same for Markdown, of which an empty code block shows nothing. While more may come, a fence may just begin. */
export function isVisibleMarkdown(markdown: string, isOpen: boolean): boolean {
  let block: Block = START;
  for (const line of linesOf(markdown)) {
    block = step(block, line);
    const isFence = isDelimiter(block) && BARE_FENCE.test(line);
    if (isVisible(line) && !isFence && !(isOpen && BEGUN_FENCE.test(line))) return true;
  }
  return false;
}

function isDelimiter({ line }: Block): boolean {
  return line === 'fence-opening' || line === 'fence-closing';
}
