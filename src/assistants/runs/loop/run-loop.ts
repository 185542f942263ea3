import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { CodeInterpreter } from '../../code-interpreter/code-interpreter.ts';
import {
  type Model,
  ModelError,
  type ModelEvent,
  type ModelItem,
  type ModelRequest,
} from '../../models/model.ts';
import { fitContext } from '../context/context.ts';
import type { Entry } from '../context/entry.ts';
import { History } from '../context/history.ts';
import { MessageReader } from '../context/message-reader.ts';
import type { OwnFields } from '../context/own-fields.ts';
import { ThreadFiles } from '../context/thread-files.ts';
import { itemsTokens, shorten, textTokens } from '../context/tokens.ts';
import type { Ending } from '../ending.ts';
import type { RunSink } from '../writer/run-sink.ts';
import type { RunWriter } from '../writer/run-writer.ts';
import { Answer, type FunctionCall, usageOf } from './answer.ts';
import { MAX_OUTPUT_TOKENS, runCode } from './code-calls.ts';
import { FILTERED, MAX_ANSWERS, TOO_MANY_ANSWERS, tooLongAtAll } from './failures.ts';
import { LeftOut } from './left-out.ts';
import { CODE_INTERPRETER, modelToolChoice, modelTools } from './model-tools.ts';
import { Notice } from './notice.ts';
import { OutputLimit } from './output-limit.ts';
import { responseFormat } from './response-format.ts';

/** What the model is given when nothing else is said: fits the usual context of 128,000 tokens twice. */
const DEFAULT_PROMPT_TOKENS = 64_000;

/** Each time the context was still too long, half of it is tried: from 64,000 down to 1,000 tokens. */
const MAX_SHORTENINGS = 6;

export interface LoopDeps {
  model: Model;
  codeInterpreter: CodeInterpreter;
  sink: RunSink;
}

/** What a run is asked for beside what its object shows. */
export interface RunSettings {
  reasoningEffort?: string;
}

export type Progress = Ending | { status: 'requires_action' };

/** Carries a run from its thread's messages to an answer: model, tools, model again. */
export class RunLoop {
  readonly #writer: RunWriter;
  readonly #settings: RunSettings;
  readonly #deps: LoopDeps;
  readonly #files: ThreadFiles;
  readonly #callIds = new Set<string>();
  readonly #notice: Notice;
  readonly #output = new OutputLimit();
  readonly #ownFields: OwnFields[] = [];
  #history: Entry[] = [];
  #items: ModelItem[] = [];
  #leftOut = this.#newLeftOut([]);
  #answer: Answer | undefined;
  #answers = 0;
  #budget = DEFAULT_PROMPT_TOKENS;
  #usage: RunStep.Usage | null = null;
  /** Like the usage, and estimated where the provider does not tell. */
  #spent = usageOf(0, 0);

  constructor(writer: RunWriter, settings: RunSettings, deps: LoopDeps) {
    this.#writer = writer;
    this.#settings = settings;
    this.#deps = deps;
    this.#files = new ThreadFiles(deps.sink.state);
    this.#notice = new Notice(writer, deps.sink);
  }

  async begin(signal: AbortSignal): Promise<Progress> {
    signal.throwIfAborted();
    this.#writer.begin();
    const { run } = this.#writer;
    const { state } = this.#deps.sink;
    const runsCode = run.tools.some(({ type }) => type === 'code_interpreter');
    const [history, kept] = await Promise.all([
      History.before(run, state),
      state.omissions.get(run.thread_id),
      runsCode && this.#files.ofRun(run),
    ]);
    const omissions = kept ?? [];
    this.#leftOut = this.#newLeftOut(omissions);
    const reader = new MessageReader(state, runsCode ? this.#files : undefined, omissions);
    this.#history = await history.entries(reader, this.#room());
    return this.#goOn(signal);
  }

  /** Goes on with the outputs of the function calls, by the calls' ids. */
  async resume(outputs: ReadonlyMap<string, string>, signal: AbortSignal): Promise<Progress> {
    for (const call of this.#openFunctions()) {
      const output = outputs.get(call.id) ?? '';
      call.writer.call.function.output = output;
      call.output = shorten(output, MAX_OUTPUT_TOKENS);
    }
    this.#writer.resume(this.#answer?.usage ?? null);
    return this.#goOn(signal);
  }

  /** Ends the run, whatever it was doing. */
  async end(ending: Ending): Promise<void> {
    this.#notice.tell();
    await this.#writer.end(ending, this.#answer?.usage ?? null, this.#usage);
  }

  async #goOn(signal: AbortSignal): Promise<Progress> {
    for (;;) {
      if (this.#answer) this.#items.push(...this.#answer.items());
      this.#answer = undefined;
      signal.throwIfAborted();
      const limit = this.#limitReached();
      if (limit) return limit;
      const answer = await this.#ask(signal);
      if (answer.reason === 'length') return { status: 'incomplete', reason: 'max_completion_tokens' };
      if (answer.reason === 'content_filter') return FILTERED;
      if (answer.calls.length === 0) return { status: 'completed' };
      await this.#runTools(answer, signal);
      const open = this.#openFunctions();
      if (open.length > 0) {
        await this.#writer.requireAction(open.map(({ writer }) => requiredCall(writer.call)));
        return { status: 'requires_action' };
      }
      this.#writer.closeCalls(answer.usage);
    }
  }

  #limitReached(): Ending | undefined {
    const { max_completion_tokens: completion, max_prompt_tokens: prompt } = this.#writer.run;
    if (completion !== null && this.#spent.completion_tokens >= completion) {
      return { status: 'incomplete', reason: 'max_completion_tokens' };
    }
    if (prompt !== null && this.#spent.prompt_tokens >= prompt) {
      return { status: 'incomplete', reason: 'max_prompt_tokens' };
    }
    return this.#answers < MAX_ANSWERS ? undefined : TOO_MANY_ANSWERS;
  }

  /**
   * One answer of the model: to a shorter context when the whole one does not fit, and without what the provider
   * refuses.
   */
  async #ask(signal: AbortSignal): Promise<Answer> {
    this.#answers++;
    for (let shortenings = 0; ; ) {
      const request = this.#request();
      const answer = new Answer(this.#writer, this.#callIds);
      this.#answer = answer;
      try {
        await this.#take(answer, this.#output.within(this.#deps.model.respond(request, signal)));
        if (answer.isFiltered && this.#leftOut.tryAnother('words')) continue;
        this.#keep(answer, request);
        return answer;
      } catch (error) {
        if (!(error instanceof ModelError) || answer.begun) throw error;
        if (error.refused && this.#leftOut.tryAnother(error.refused)) continue;
        if (!error.contextExceeded) throw error;
        if (shortenings++ < MAX_SHORTENINGS) {
          this.#budget = Math.floor((itemsTokens(request.items) + this.#fixedTokens()) / 2);
        } else if (this.#leftOut.tryAnother('room')) {
          shortenings = 0;
          this.#budget = DEFAULT_PROMPT_TOKENS;
        } else throw tooLongAtAll(error);
      }
    }
  }

  async #take(answer: Answer, events: AsyncIterable<ModelEvent>): Promise<void> {
    for await (const event of events) {
      if (isTaken(event)) this.#notice.settle(this.#leftOut);
      if (event.type === 'text' || event.type === 'refusal') this.#notice.tell();
      answer.take(event);
    }
  }

  /** Counts an answer that is whole, and keeps what its provider wants back. */
  #keep(answer: Answer, request: ModelRequest): void {
    this.#count(answer, request);
    const fields = answer.ownFields();
    if (fields.length === 0) return;
    this.#ownFields.push(...fields);
    const { sink } = this.#deps;
    sink.keep(sink.state.ownFields.set(this.#writer.run.id, this.#ownFields));
  }

  #newLeftOut(known: ConstructorParameters<typeof LeftOut>[0]): LeftOut {
    const given = () => ({ runId: this.#writer.run.id, history: this.#history, items: this.#items });
    return new LeftOut(known, given);
  }

  #request(): ModelRequest {
    const { run } = this.#writer;
    const { max_completion_tokens: most, response_format: format } = run;
    return {
      model: run.model,
      instructions: run.instructions,
      items: fitContext(this.#leftOut.history, this.#leftOut.items, this.#room()),
      tools: modelTools(run.tools, this.#files.paths),
      toolChoice: modelToolChoice(run, this.#answers === 1),
      parallelToolCalls: run.parallel_tool_calls,
      ...(typeof run.temperature === 'number' && { temperature: run.temperature }),
      ...(typeof run.top_p === 'number' && { topP: run.top_p }),
      ...(most !== null && { maxOutputTokens: most - this.#spent.completion_tokens }),
      ...(this.#settings.reasoningEffort && { reasoningEffort: this.#settings.reasoningEffort }),
      ...responseFormat(format),
    };
  }

  /** Tokens that the conversation may take in the next request. */
  #room(): number {
    const most = this.#writer.run.max_prompt_tokens;
    const left = most === null ? Number.POSITIVE_INFINITY : most - this.#spent.prompt_tokens;
    return Math.min(this.#budget, left) - this.#fixedTokens();
  }

  #fixedTokens(): number {
    const { instructions, tools } = this.#writer.run;
    return textTokens(instructions) + textTokens(JSON.stringify(modelTools(tools, this.#files.paths)));
  }

  #count(answer: Answer, request: ModelRequest): void {
    if (answer.usage) this.#usage = sum(this.#usage, answer.usage);
    const estimate = () => usageOf(itemsTokens(request.items), itemsTokens(answer.items()));
    this.#spent = sum(this.#spent, answer.usage ?? estimate());
  }

  /** Runs the code of an answer, call after call, and answers calls of functions that don't exist. */
  async #runTools(answer: Answer, signal: AbortSignal): Promise<void> {
    await this.#writer.calls().save();
    await this.#writer.kept();
    for (const call of answer.calls) {
      if (call.kind === 'code') {
        const { codeInterpreter, sink } = this.#deps;
        const context = {
          state: sink.state,
          codeInterpreter,
          files: this.#files.forCode(),
          produced: this.#writer.files,
          ranBefore: this.#hasRunCode(),
        };
        call.output = await runCode(this.#writer.run.thread_id, call, context, signal);
        signal.throwIfAborted();
      } else if (!call.known) {
        call.output = `There is no function called "${call.writer.call.function.name}".`;
        call.writer.output(call.output);
      }
    }
  }

  #openFunctions(): FunctionCall[] {
    const calls = this.#answer?.calls ?? [];
    return calls.filter((call) => call.kind === 'function').filter((call) => call.output === undefined);
  }

  #hasRunCode(): boolean {
    const isCode = (item: ModelItem) => item.type === 'tool_call' && item.name === CODE_INTERPRETER;
    const done = (this.#answer?.calls ?? []).some(
      (call) => call.kind === 'code' && call.output !== undefined,
    );
    return done || this.#items.some(isCode) || this.#history.some(({ items }) => items.some(isCode));
  }
}

/** Whether the provider has begun to answer, and not only said that it does not. */
function isTaken(event: ModelEvent): boolean {
  return event.type !== 'usage' && !(event.type === 'end' && event.reason === 'content_filter');
}

function requiredCall({ id, type, function: { name, arguments: args } }: FunctionCall['writer']['call']) {
  return { id, type, function: { name, arguments: args } };
}

function sum(a: RunStep.Usage | null, b: RunStep.Usage): RunStep.Usage {
  if (a === null) return b;
  return usageOf(a.prompt_tokens + b.prompt_tokens, a.completion_tokens + b.completion_tokens);
}
