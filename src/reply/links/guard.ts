import { type Block, linesOf, START, step } from '../layout/block.ts';
import { guardLine } from './inline.ts';
import { ZERO_WIDTH_SPACE } from './linkless.ts';
import type { LinkRules } from './rules.ts';

export interface Guarded {
  readonly markdown: string;
  /** More of it is shown once it is known what becomes of an address. */
  readonly waits: boolean;
}

/** What opens a fence, with its language: what else may stand there is no code. */
const OPENING = /^[\s>\d.)*+-]*(?:`{3,}|~{3,})[ \t]*[\w+#-]*/;
/** What may become one as the line grows. */
const BEGUN_OPENING = /^[\s>\d.)*+-]*(?:`{1,2}|~{1,2})$/;
/** What looks like one, and is text for what follows in its line. */
const UNTRUE_OPENING = /^([\s>\d.)*+-]*)(?=`{3})/;

/**
 * Markdown in which no address is a link but those that shall be one. The others stand there as code, or as text with a
 * zero-width space in it. As the Markdown grows at its end, so does the result: an address at the end of a text that is
 * open waits until it is whole.
 */
export function guardLinks(markdown: string, isOpen: boolean, rules: LinkRules): Guarded {
  let hasStray = false;
  let shown = '';
  let before: Block = START;
  for (const line of linesOf(markdown)) {
    const after = step(before, line);
    const isGrowing = isOpen && !line.endsWith('\n');
    const isInFence =
      before.fence !== undefined && (after.fence === before.fence || after.line === 'fence-closing');
    if (isInFence) shown += line;
    else if (isGrowing && (after.line === 'fence-opening' || BEGUN_OPENING.test(line))) break;
    else if (after.line === 'fence-opening') shown += withoutInfo(line);
    else {
      const isTable = after.table !== undefined;
      const { text, waitsFor, ...more } = guardLine(line, { rules, isGrowing, isTable, hasStray });
      // What is text for its backticks stays text without them.
      shown += text.replace(UNTRUE_OPENING, `$1${ZERO_WIDTH_SPACE}`);
      if (waitsFor) return { markdown: shown.trimEnd(), waits: waitsFor === 'verdict' };
      hasStray = more.hasStray;
    }
    before = after;
  }
  return { markdown: shown.trimEnd(), waits: false };
}

function withoutInfo(line: string): string {
  const [opening = line] = OPENING.exec(line) ?? [];
  return opening + (line.endsWith('\n') ? '\n' : '');
}
