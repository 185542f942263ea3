import type { Run } from 'openai/resources/beta/threads/runs/runs';
import { queriesIn } from '../search/queries.ts';
import type { Call } from './calls.ts';
import { nameOf } from './tool-names.ts';

/** So many calls one run makes, and one answer holds: more than any task asks for. A model that goes on is caught in a loop. */
export const MAX_CALLS = 128;

/** Answers of one run, the last of them without tools: a task takes a few, a long one a dozen. */
export const MAX_ANSWERS = 50;

/**
 * So often the same call is made while nothing new is called: it may have failed, and what it tells of may have changed. A
 * fourth time it tells nothing that the model has not read three times.
 */
export const MAX_SAME = 3;

/** After so many answers in a row of which no call could be made, the model does not listen to why. */
export const MAX_FRUITLESS = 3;

const AGAIN = `This call was not made: it was made ${MAX_SAME} times already with the same arguments, and what came of it stands above. Use that, call something else, or answer with what you have.`;

const ONE_AT_A_TIME =
  'This call was not made: here only one can be made at a time. Make it by itself if it is still needed.';

const NO_CALLS = 'This call was not made: nothing can be called here. Answer in words.';

const TOO_MANY = `This call was not made: ${MAX_CALLS} were made for this answer, and more can’t be. Answer with what you have.`;

/** What of a run decides about its calls. */
type Rules = Pick<Run, 'tools' | 'tool_choice' | 'parallel_tool_calls'>;

/**
 * Which of a model's calls are made, and when its run goes on without tools. It is told why a call is not made, in words
 * that it can mend; when it does not, it may answer once more without tools. All of this follows from the calls alone, so
 * that who takes the run over comes to the same.
 */
export class CallLimits {
  readonly #rules: Rules;
  /** How often each call was made since something new was called. */
  readonly #times = new Map<string, number>();
  readonly #known = new Set<string>();
  #made = 0;
  #answers = 0;
  #fruitless = 0;
  #isOver = false;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** The next answer is the last one, and without tools. */
  get isLast(): boolean {
    return this.#fruitless >= MAX_FRUITLESS || this.#made >= MAX_CALLS || this.#answers >= MAX_ANSWERS - 1;
  }

  /** The model called tools in its last answer, too: there is no next one. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * What the model is told instead of each call's output; undefined for a call that is made. Takes the answers of a run
   * that call something in their order, each once.
   */
  judge(calls: readonly Call[]): (string | undefined)[] {
    this.#isOver = this.isLast;
    this.#answers++;
    const before = this.#made;
    const told = calls.map((call) => this.#refusal(call, this.#made > before) ?? this.#make(keyOf(call)));
    this.#fruitless = this.#made > before ? 0 : this.#fruitless + 1;
    return told;
  }

  #refusal(call: Call, isSecond: boolean): string | undefined {
    const { tools, tool_choice: choice, parallel_tool_calls: mayBeMany } = this.#rules;
    // The provider has run it: what it left can only be fetched.
    if (call.kind === 'code' && call.ran) return undefined;
    if (this.#isOver || choice === 'none') return NO_CALLS;
    if (call.kind === 'function' && !call.known)
      return unknownFunction(call.writer.call.function.name, tools);
    if (isSecond && !mayBeMany) return ONE_AT_A_TIME;
    if (this.#made >= MAX_CALLS) return TOO_MANY;
    return (this.#times.get(keyOf(call)) ?? 0) >= MAX_SAME ? AGAIN : undefined;
  }

  #make(key: string): undefined {
    if (!this.#known.has(key)) this.#times.clear();
    this.#known.add(key);
    this.#times.set(key, (this.#times.get(key) ?? 0) + 1);
    this.#made++;
  }
}

function unknownFunction(name: string, tools: Run['tools']): string {
  const names = tools.map((tool) =>
    tool.type === 'function' ? tool.function.name : nameOf(tool.type, tools),
  );
  const known =
    names.length > 0 ? `These can be called: ${names.join(', ')}.` : 'Nothing can be called here.';
  return `There is no function called "${name}". ${known}`;
}

/** The same for calls that are the same, however the model wrote their arguments. */
function keyOf(call: Call): string {
  if (call.kind === 'code') return `code ${call.writer.call.code_interpreter.input.trim()}`;
  if (call.kind === 'search') return `search ${JSON.stringify(queriesIn(call.arguments).toSorted())}`;
  const { name, arguments: args } = call.writer.call.function;
  return `function ${name} ${canonical(args)}`;
}

/** JSON without white space, and with the fields of each object in one order; what is no JSON as it stands. */
function canonical(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json, (_name, value: unknown) => inOrder(value)));
  } catch {
    return json.trim();
  }
}

function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(fields);
}
