import type { ModelRequest } from '../model.ts';
import { isQuestion, quotedAnswer } from './documents.ts';
import { equationCode, type Solution, solutionIn } from './equation-code.ts';
import { HELP, SHORT_HELP } from './help.ts';
import { recall } from './recall.ts';
import { type Job, MAX_JOBS, readTurn, type Turn } from './turn.ts';

/** What the demo says, and the tool that it then calls. */
export interface DemoAnswer {
  text: string;
  call?: { name: string; arguments: object };
}

/** A result that fits into a sentence, in characters. */
const SHORT_RESULT = 60;

/** How the code interpreter begins to say that it stopped the code. */
const STOPPED = /^(The code (was stopped|is longer|did not run)|Python (broke down|did not start))\b/;

/** The demo's next answer: one job at a time, each with its result told before the next one begins. */
export function demoAnswer({ items, tools, toolChoice }: ModelRequest): DemoAnswer {
  const turn = readTurn(items);
  const search = toolChoice === 'none' ? undefined : tools.find(({ name }) => SEARCH.test(name));
  const searched = search && fromDocuments(turn, search.name);
  if (searched) return searched;
  const mayRun = toolChoice !== 'none' && tools.some(({ name }) => name === 'code_interpreter');
  const jobs = considered(turn).filter(isRunnable);
  const done = turn.outputs.length;
  const told = done > 0 ? [result(jobs[done - 1], turn.outputs[done - 1] ?? '')] : [];
  const next = jobs[done];
  if (next && mayRun)
    return {
      text: [...told, opening(next)].join('\n\n'),
      call: { name: 'code_interpreter', arguments: { code: codeOf(next) } },
    };
  return { text: [...told, ...closing(turn, mayRun)].join('\n\n') || help(turn) };
}

/** The search's name, which has a number where the team has a function of the same name. */
const SEARCH = /^file_search(?:_\d+)?$/;

/** The answer to a question that documents may answer: first a search, then what it found. */
function fromDocuments(turn: Turn, name: string): DemoAnswer | undefined {
  const question = turn.text.replace(ATTACHED, '').trim();
  if (turn.jobs.length > 0 || recall(turn).length > 0) return undefined;
  const unread = unreadIn(turn);
  if (!isQuestion(question)) return unread.length > 0 ? { text: unread.join('\n\n') } : undefined;
  const [output] = turn.outputs;
  if (output === undefined) return { text: '', call: { name, arguments: { queries: [question] } } };
  return { text: [...unread, quotedAnswer(question, output) ?? help(turn)].join('\n\n') };
}

/** How a message tells of its files. */
const ATTACHED = /^\[(?:An a|A)ttached file.*\]$/gm;

/** Which of them can't be read and why, for those who attached them. */
function unreadIn({ text }: Turn): string[] {
  const told = text.match(ATTACHED) ?? [];
  return told.flatMap((line) => /, whose text can't be searched: (.*)\]$/.exec(line)?.[1] ?? []);
}

/** What is left to say when nothing is left to run. */
function closing(turn: Turn, mayRun: boolean): string[] {
  const jobs = considered(turn);
  const unable = mayRun || !jobs.some(isRunnable) ? [] : [NO_INTERPRETER];
  const unsolved = jobs.filter((job) => !isRunnable(job)).map(whyNot);
  const more =
    turn.jobs.length > MAX_JOBS ? [`I stopped after the first ${MAX_JOBS} of ${turn.jobs.length}.`] : [];
  return [...unsolved, ...unable, ...more, ...recall(turn)];
}

const NO_INTERPRETER =
  'I would do that with Python, but this assistant has no code interpreter: add `code_interpreter` to its tools.';

function considered({ jobs }: Turn): Job[] {
  return jobs.slice(0, MAX_JOBS);
}

function isRunnable(job: Job): boolean {
  return job.type === 'code' || (job.equation.unknowns.length === 1 && job.equation.degree <= 1);
}

function whyNot(job: Job): string {
  if (job.type === 'code') return '';
  const { source, unknowns } = job.equation;
  const why =
    unknowns.length > 1 ? `has ${unknowns.length} unknowns (${unknowns.join(', ')})` : 'is not linear';
  return `\`${source}\` ${why}, and this offline demo solves linear equations in one unknown only.`;
}

function opening(job: Job): string {
  if (job.type === 'code') return "I'll run that.";
  return `I'll write some Python to solve \`${job.equation.source}\`.`;
}

function codeOf(job: Job): string {
  return job.type === 'code' ? job.code : equationCode(job.equation);
}

function result(job: Job | undefined, output: string): string {
  if (job?.type === 'equation') {
    const solution = solutionIn(output, job.equation);
    return solution ? solved(solution, job.equation.unknowns[0] ?? 'x') : failed(output);
  }
  if (whyStopped(output) !== undefined) return failed(output);
  const lines = output.trim().split('\n');
  const short = lines.length === 1 && output.length <= SHORT_RESULT && !/[`[]/.test(output);
  return short ? `Your code ran and gave \`${output.trim()}\`.` : 'I ran your code; its output is above.';
}

function solved(solution: Solution, unknown: string): string {
  if (solution.kind === 'one') return `The solution is ${unknown} = ${solution.value}.`;
  return solution.kind === 'every'
    ? `Every number solves it: both sides are always equal, whatever ${unknown} is.`
    : `It has no solution: the two sides are never equal, whatever ${unknown} is.`;
}

function failed(output: string): string {
  const why = whyStopped(output);
  return why
    ? `The code did not come to its end: \`${why}\``
    : 'The code did not come to its end; its output says why.';
}

/** The exception at the end of a traceback, or the sandbox's own sentence about a limit that struck. */
function whyStopped(output: string): string | undefined {
  const lines = output.trim().split('\n');
  const traceback = lines.lastIndexOf('Traceback (most recent call last):');
  const exception = lines.find((line, at) => traceback >= 0 && at > traceback && /^\S/.test(line));
  return exception ?? lines.findLast((line) => STOPPED.test(line));
}

/** The whole introduction once, a reminder after that. */
function help({ messages }: Turn): string {
  const introduced = messages.some(({ role, text }) => role === 'assistant' && text.includes('offline demo'));
  return introduced ? SHORT_HELP : HELP;
}
