import type { ModelItem } from '../model.ts';
import { type Equation, findEquations } from './equation.ts';
import { fencesIn } from './fences.ts';

/** One thing to do with the code interpreter. */
export type Job = { type: 'code'; code: string } | { type: 'equation'; equation: Equation };

/** What the demo is to answer. */
export interface Turn {
  /** What the user said since the last answer. */
  text: string;
  jobs: Job[];
  /** The outputs of the jobs that are done, in order. */
  outputs: string[];
  /** The thread's messages, as many as the model was given, the newest one included. */
  messages: { role: 'user' | 'assistant'; text: string }[];
}

/** More jobs in one message than this are left alone. */
export const MAX_JOBS = 5;

const PYTHON = ['', 'py', 'python', 'python3'];

/** Reads the newest user messages, and what was done for them already. */
export function readTurn(items: ModelItem[]): Turn {
  const messages = items.flatMap((item) =>
    item.type === 'message' ? [{ role: item.role, text: textOf(item) }] : [],
  );
  const lastUser = items.findLastIndex((item) => item.type === 'message' && item.role === 'user');
  const before = items.slice(0, lastUser + 1);
  const answered = before.findLastIndex((item) => item.type === 'message' && item.role === 'assistant');
  const text = before
    .slice(answered + 1)
    .map(textOf)
    .join('\n\n');
  const outputs = items
    .slice(lastUser + 1)
    .flatMap((item) => (item.type === 'tool_output' ? [item.output] : []));
  return { text, jobs: jobsIn(text), outputs, messages };
}

function jobsIn(text: string): Job[] {
  const { blocks, prose } = fencesIn(text);
  const jobs = blocks.flatMap(({ language, code }): Job[] => {
    if (!PYTHON.includes(language) || code.trim() === '') return [];
    const [equation] = language === '' ? findEquations(code) : [];
    const isEquation = equation?.source === code.trim();
    return [isEquation ? { type: 'equation', equation } : { type: 'code', code }];
  });
  const equations = findEquations(prose).map((equation): Job => ({ type: 'equation', equation }));
  return [...jobs, ...equations];
}

function textOf(item: ModelItem): string {
  if (item.type !== 'message') return '';
  return item.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n');
}
