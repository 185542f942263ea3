import { createHash } from 'node:crypto';

/** https://platform.openai.com/docs/api-reference/assistants/createAssistant */
const LONGEST = 64;

/** Between a server's name and its tool's; no server's name holds it, so that no two servers' tools are named alike. */
const BETWEEN = '__';

/** Enough of a hash to keep apart names that are alike once they are cut, in hexadecimal digits. */
const HASH = 6;

/**
 * What the model calls a tool of a server: letters, digits, `_` and `-`, 64 at most. A name that had to be changed ends
 * with a hash of what it was, so that it is the same whichever other tools there are.
 */
export function functionName(server: string, tool: string): string {
  const plain = `${server}${BETWEEN}${tool.replace(/[^\w-]/g, '_')}`;
  if (plain.length <= LONGEST && plain === `${server}${BETWEEN}${tool}`) return plain;
  const hash = createHash('sha256').update(`${server}\0${tool}`).digest('hex').slice(0, HASH);
  return `${plain.slice(0, LONGEST - HASH - 1)}_${hash}`;
}

/** Whether a tool's name is one that a pattern stands for, in which `*` is any text. */
export function fits(pattern: string, tool: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === tool;
  const last = rest.pop() ?? '';
  if (!tool.startsWith(first) || tool.length < first.length + last.length || !tool.endsWith(last))
    return false;
  let at = first.length;
  for (const part of rest) {
    const found = tool.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= tool.length - last.length;
}
