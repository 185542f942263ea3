import type { Reply } from './model-server.ts';

/** A request in terms that both APIs share. */
export interface Situation {
  /** The newest user message. */
  question: string;
  /** The output of a tool call that came after it. */
  output?: string;
  /** The names of the functions that may be called. */
  functions: string[];
}

/** A small sensible model: it solves `ax + b = c` with the code interpreter and echoes everything else. */
export function simAssistant({ question, output, functions }: Situation): Reply {
  if (output !== undefined)
    return { text: `The code interpreter says ${output.trim()}, so x = ${output.trim()}.` };
  const equation = /(-?\d*)\s*x\s*([+-])\s*(\d+)\s*=\s*(-?\d+)/.exec(question);
  if (!equation || !functions.includes('code_interpreter')) return { text: `You said: ${question}` };
  const [, factor = '', sign = '+', addend = '0', right = '0'] = equation;
  const a = factor === '' ? '1' : factor === '-' ? '-1' : factor;
  const code = `from fractions import Fraction\nprint(Fraction(${right} - (${sign}${addend}), ${a}))`;
  return {
    text: 'Let me work that out.',
    toolCalls: [{ name: 'code_interpreter', arguments: JSON.stringify({ code }) }],
  };
}
