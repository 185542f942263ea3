import type { ModelItem, ModelRequest, RunPython } from '../../models/model.ts';
import type { Run, State } from '../../state.ts';
import { fitContext } from '../context/context.ts';
import type { Entry } from '../context/entry.ts';
import { History } from '../context/history.ts';
import { MessageReader } from '../context/message-reader.ts';
import type { Omission } from '../context/omissions.ts';
import { ThreadFiles } from '../context/thread-files.ts';
import { itemsTokens, textTokens } from '../context/tokens.ts';
import type { Citation } from '../search/citations.ts';
import { withinShare } from '../search/passages.ts';
import { LeftOut } from './left-out.ts';
import { modelToolChoice, modelTools } from './model-tools.ts';
import { responseFormat } from './response-format.ts';
import type { Spending } from './spending.ts';
import { nameOf } from './tool-names.ts';

/** What the model is given when nothing else is said: fits the usual context of 128,000 tokens twice. */
const DEFAULT_PROMPT_TOKENS = 64_000;

/**
 * The share of a request's room that results of file search may take, all together: with 64,000 tokens of room 16,000,
 * which are twenty passages of the API's usual 800. The rest is the conversation's.
 */
const RESULTS_SHARE = 1 / 4;

/** The tools stay in the request: servers refuse a conversation with calls of tools that are not there. */
const LAST =
  'Nothing more can be called for this answer. Answer now, in words, with what you have, and say what is missing.';

/** What a run's model is given: the thread before the run, and what the run itself said and did. */
export class Prompt {
  readonly files: ThreadFiles;
  /** What the run said and did, oldest first. */
  readonly items: ModelItem[] = [];
  readonly #run: Run;
  readonly #state: State;
  readonly #spending: Spending;
  readonly #findPackages: () => Promise<readonly string[]>;
  #packages: readonly string[] = [];
  #history: Entry[] = [];
  #leftOut = this.#newLeftOut([]);
  #budget = DEFAULT_PROMPT_TOKENS;

  /** @param findPackages Gives those that code can import beside the standard library. */
  constructor(run: Run, state: State, spending: Spending, findPackages: () => Promise<readonly string[]>) {
    this.#run = run;
    this.#state = state;
    this.#spending = spending;
    this.#findPackages = findPackages;
    this.files = new ThreadFiles(state);
  }

  /**
   * Reads what the thread held before the run; returns what is left out of it, and what its answers cited. When `opening`
   * ends, what was attached to be searched has been read.
   */
  async readThread(opening: Promise<unknown>): Promise<{ omissions: Omission[]; cited: Citation[] }> {
    const [run, state] = [this.#run, this.#state];
    const runsCode = run.tools.some(({ type }) => type === 'code_interpreter');
    const [history, kept, packages] = await Promise.all([
      History.before(run, state),
      state.omissions.get(run.thread_id),
      runsCode ? this.#findPackages() : [],
      runsCode && this.files.ofRun(run),
    ]);
    this.#packages = packages;
    const omissions = kept ?? [];
    this.#leftOut = this.#newLeftOut(omissions);
    const searches = run.tools.some(({ type }) => type === 'file_search');
    const reader = new MessageReader(
      state,
      runsCode ? this.files : undefined,
      omissions,
      searches ? opening : undefined,
    );
    this.#history = await history.entries(reader, this.#room());
    return { omissions, cited: reader.cited };
  }

  get leftOut(): LeftOut {
    return this.#leftOut;
  }

  /** `isLast`: the model may say something, and call nothing more. */
  request(isLast: boolean): ModelRequest {
    const run = this.#run;
    const { max_completion_tokens: most, response_format: format } = run;
    return {
      model: run.model,
      instructions: isLast ? [run.instructions, LAST].filter(Boolean).join('\n\n') : run.instructions,
      items: this.#items(),
      tools: this.#tools(),
      toolChoice: isLast ? 'none' : modelToolChoice(run, this.#spending.answers === 1),
      parallelToolCalls: run.parallel_tool_calls,
      ...(typeof run.temperature === 'number' && { temperature: run.temperature }),
      ...(typeof run.top_p === 'number' && { topP: run.top_p }),
      ...(most !== null && { maxOutputTokens: most - this.#spending.spent.completion_tokens }),
      ...(run.reasoning_effort && { reasoningEffort: run.reasoning_effort }),
      ...responseFormat(format),
    };
  }

  /** The run's code interpreter, for a provider that runs code itself; undefined for a run without one. */
  python(): RunPython | undefined {
    const { thread_id: session, tools } = this.#run;
    if (!tools.some(({ type }) => type === 'code_interpreter')) return undefined;
    return { session, name: nameOf('code_interpreter', tools), files: this.files.forCode() };
  }

  /** How many tokens the results of a search may take. */
  roomForResults(): number {
    return Math.max(Math.floor(this.#room() * RESULTS_SHARE), 0);
  }

  #items(): ModelItem[] {
    const items = withinShare(this.#leftOut.items, this.roomForResults());
    return fitContext(this.#leftOut.history, items, this.#room());
  }

  /** The request was too long: the next one is half of it. */
  halve({ items }: ModelRequest): void {
    this.#budget = Math.floor((itemsTokens(items) + this.#fixedTokens()) / 2);
  }

  /** The next request may be as long as the first. */
  restoreSize(): void {
    this.#budget = DEFAULT_PROMPT_TOKENS;
  }

  /** Whether the model is told of code that ran. */
  holdsCode(): boolean {
    const isCode = (item: ModelItem) =>
      item.type === 'tool_call' && item.name === nameOf('code_interpreter', this.#run.tools);
    return this.items.some(isCode) || this.#history.some(({ items }) => items.some(isCode));
  }

  #newLeftOut(known: readonly Omission[]): LeftOut {
    return new LeftOut(known, () => ({ runId: this.#run.id, history: this.#history, items: this.items }));
  }

  /** Tokens that the conversation may take in the next request. */
  #room(): number {
    const most = this.#run.max_prompt_tokens;
    const left = most === null ? Number.POSITIVE_INFINITY : most - this.#spending.spent.prompt_tokens;
    return Math.min(this.#budget, left) - this.#fixedTokens();
  }

  #fixedTokens(): number {
    return textTokens(this.#run.instructions) + textTokens(JSON.stringify(this.#tools()));
  }

  #tools(): ModelRequest['tools'] {
    return modelTools(this.#run.tools, { paths: this.files.paths, packages: this.#packages });
  }
}
