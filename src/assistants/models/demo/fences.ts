/** A message taken apart: its fenced blocks, and the text between them. */
export interface Fenced {
  blocks: { language: string; code: string }[];
  prose: string;
}

const OPENING = /^ {0,3}(?<fence>`{3,}|~{3,})[ \t]*(?<language>[^\s`]*)[^`]*$/;
/** Chats let people write a block in one line. */
const ONE_LINE = /^\s*```(?:(?<language>python3?|py)\s)?(?<code>[^`]+)```\s*$/i;

/** Finds fenced code blocks as CommonMark does (https://spec.commonmark.org/0.31.2/#fenced-code-blocks). */
export function fencesIn(text: string): Fenced {
  const blocks: Fenced['blocks'] = [];
  const prose: string[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const oneLine = ONE_LINE.exec(line)?.groups;
    const opening = OPENING.exec(line)?.groups;
    if (oneLine) {
      blocks.push({ language: oneLine.language?.toLowerCase() ?? '', code: (oneLine.code ?? '').trim() });
    } else if (opening) {
      const end = closingLine(lines, at + 1, opening.fence ?? '');
      blocks.push({
        language: (opening.language ?? '').toLowerCase(),
        code: lines.slice(at + 1, end).join('\n'),
      });
      at = end;
    } else {
      prose.push(line);
    }
  }
  return { blocks, prose: prose.join('\n') };
}

/** The line that closes the block, or the one after the last: an open block goes to the end. */
function closingLine(lines: string[], from: number, fence: string): number {
  const closes = (line: string) => {
    const bare = line.trim();
    return bare.length >= fence.length && bare === fence.charAt(0).repeat(bare.length);
  };
  const found = lines.findIndex((line, at) => at >= from && closes(line));
  return found === -1 ? lines.length : found;
}
