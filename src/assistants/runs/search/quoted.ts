/** What ends a line, for one reader or another. */
const LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;

/**
 * Characters that nobody sees: controls, those that turn the direction of writing, and the tag characters in which
 * instructions are hidden.
 */
const UNSEEN = /[^\P{Cc}\n\t]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/gu;

/** A mark of a source, or what a model might take for one. */
const MARK = /[【[](?= ?\d{1,4}(?: ?: ?\d{1,4})? ?†)|【(?= ?\d{1,4} ?: ?\d{1,4} ?】)/g;

/**
 * Where a model's own format begins a turn or ends a tool's output: servers that put a conversation together as one text
 * do not always tell those apart from the same words in it.
 */
const TURN =
  /<(?=[|｜])|<(?=\/?(?:s|bos|eos|(?:start|end)_of_\w+|tool_(?:call|response)s?|function_(?:call|result)s?)>)|<(?=<\/?SYS>)|\[(?=\/?(?:INST|SYSTEM_PROMPT|TOOL_\w+|AVAILABLE_TOOLS)\])/gi;

/** A document's words, so that they can neither pass for a source's mark nor for a turn of the conversation. */
export function defused(text: string): string {
  return text
    .toWellFormed()
    .replace(LINE_END, '\n')
    .replace(UNSEEN, '')
    .replace(MARK, '(')
    .replace(TURN, '$& ');
}
