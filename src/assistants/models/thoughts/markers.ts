/**
 * How models mark their thoughts where the server leaves them in the text: DeepSeek, Qwen and most others, Gemini,
 * Mistral, Kimi, Seed, Cohere and Gemma.
 */
const PAIRS: readonly (readonly [open: string, close: string])[] = [
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['[think]', '[/think]'],
  ['◁think▷', '◁/think▷'],
  ['<seed:think>', '</seed:think>'],
  ['<|start_thinking|>', '<|end_thinking|>'],
  ['<|channel>thought', '<channel|>'],
];

const OPEN = new Map(PAIRS);
const CLOSE = new Set(PAIRS.map(([, close]) => close));

/** The ends of a message in gpt-oss's format, https://developers.openai.com/cookbook/articles/openai-harmony */
const MESSAGE_END = new Set(['<|end|>', '<|return|>', '<|call|>']);

const WORDS = [...OPEN.keys(), ...CLOSE, ...MESSAGE_END];

/** What a message in gpt-oss's format begins with, up to `<|message|>`; its channel says what it is. */
const HEADER_STARTS = ['<|start|>', '<|channel|>'];
const HEADER_END = '<|message|>';
/** The longest header names a function, whose name has 64 characters; what is longer talks about headers. */
const HEADER_LIMIT = 200;

/** What any marker begins with. */
export const MARKER_START = /[<[◁]/g;

export type Marker =
  | { type: 'open'; close: string }
  | { type: 'close'; word: string }
  | { type: 'message-end' }
  | { type: 'message'; isAnswer: boolean };

/** The marker that the text is; `partial` when it may still become one. */
export function markerIn(text: string): Marker | 'partial' | undefined {
  const word = text.toLowerCase();
  const close = OPEN.get(word);
  if (close !== undefined) return { type: 'open', close };
  if (CLOSE.has(word)) return { type: 'close', word };
  if (MESSAGE_END.has(word)) return { type: 'message-end' };
  if (WORDS.some((each) => each.startsWith(word))) return 'partial';
  return headerIn(word);
}

function headerIn(word: string): Marker | 'partial' | undefined {
  if (HEADER_STARTS.some((start) => start.startsWith(word))) return 'partial';
  if (!HEADER_STARTS.some((start) => word.startsWith(start))) return undefined;
  const end = word.indexOf(HEADER_END);
  if (end >= 0) {
    if (end + HEADER_END.length < word.length) return undefined;
    const channel = /.*<\|channel\|>\s*(\w*)/.exec(word)?.[1] ?? 'final';
    return { type: 'message', isAnswer: channel === 'final' };
  }
  return word.length <= HEADER_LIMIT && !word.includes('\n') ? 'partial' : undefined;
}
