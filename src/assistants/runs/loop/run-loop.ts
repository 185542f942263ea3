import { ModelError, type ModelRequest } from '../../models/model.ts';
import type { Omission } from '../context/omissions.ts';
import type { OwnFields } from '../context/own-fields.ts';
import { itemsTokens } from '../context/tokens.ts';
import type { Ending } from '../ending.ts';
import type { KeptRun } from '../kept-run.ts';
import { type KeptStep, shown } from '../kept-step.ts';
import type { RunWriter } from '../writer/run-writer.ts';
import { ToolCallsWriter } from '../writer/tool-calls-writer.ts';
import { Answer } from './answer.ts';
import { CallLimits } from './call-limits.ts';
import { type FunctionCall, toldOf } from './calls.ts';
import { expiredStores, FILTERED, STOPPED, tooLongAtAll } from './failures.ts';
import { type AnswerEvent, ModelAnswers, type ModelAnswersDeps } from './model-answers.ts';
import { Notice } from './notice.ts';
import { OutputLimit } from './output-limit.ts';
import { Prompt } from './prompt.ts';
import { Searches, type SearchesDeps } from './searches.ts';
import { Spending } from './spending.ts';
import { Tools, type ToolsDeps } from './tools.ts';
import { usageOf } from './usage.ts';

/** Each time the context was still too long, half of it is tried: from 64,000 down to 1,000 tokens. */
const MAX_SHORTENINGS = 6;

export interface LoopDeps extends ModelAnswersDeps, SearchesDeps, ToolsDeps {}

export type Progress = Ending | { status: 'requires_action' };

/** Carries a run from its thread's messages to an answer: model, tools, model again. */
export class RunLoop {
  readonly #writer: RunWriter;
  readonly #deps: LoopDeps;
  readonly #prompt: Prompt;
  readonly #callIds = new Set<string>();
  readonly #notice: Notice;
  readonly #output = new OutputLimit();
  readonly #spending = new Spending();
  readonly #answers: ModelAnswers;
  readonly #searches: Searches;
  readonly #limits: CallLimits;
  readonly #tools: Tools;
  #ownFields: OwnFields[] = [];
  #answer: Answer | undefined;

  constructor(writer: RunWriter, deps: LoopDeps) {
    this.#writer = writer;
    this.#deps = deps;
    const packages = async () => (await deps.codeInterpreter.packages?.()) ?? [];
    this.#prompt = new Prompt(writer.run, deps.sink.state, this.#spending, packages);
    this.#notice = new Notice(writer, deps.sink);
    this.#answers = new ModelAnswers(writer, deps);
    this.#searches = new Searches(writer, deps);
    this.#limits = new CallLimits(writer.run);
    this.#tools = new Tools(writer, deps, {
      limits: this.#limits,
      searches: this.#searches,
      prompt: this.#prompt,
      spending: this.#spending,
    });
  }

  async begin(signal: AbortSignal): Promise<Progress> {
    signal.throwIfAborted();
    this.#writer.begin();
    const opening = this.#searches.open(signal);
    const [, expired] = await Promise.all([this.#readThread(opening), opening]);
    if (expired.length > 0) return expiredStores(expired);
    return this.#goOn(signal);
  }

  /** Takes up what another process left of the run. Throws when it makes no sense. */
  restore(kept: KeptRun): void {
    for (const step of kept.steps) {
      if (step.type === 'tool_calls') this.#restoreAnswer(step, kept.found);
      else this.#deps.sink.steps.push(shown(step));
    }
    for (const found of kept.found.values()) this.#deps.sink.found.set(found.id, found);
    this.#spending.restore(kept.steps);
    this.#writer.restore(kept);
    if (!kept.isOver) this.#answers.restore(kept);
  }

  /** Goes on with a run that was restored. */
  async carryOn({ isOver, unsaid }: KeptRun, signal: AbortSignal): Promise<Progress> {
    signal.throwIfAborted();
    if (isOver) return { status: 'completed' };
    if (!this.#waitsForOutputs()) this.#writer.takeOver();
    const { state } = this.#deps.sink;
    const opening = this.#searches.open(signal);
    const [omissions, fields, expired] = await Promise.all([
      this.#readThread(opening),
      state.ownFields.get(this.#writer.run.id),
      opening,
    ]);
    if (unsaid !== '') this.#writer.say(unsaid);
    if (expired.length > 0) return expiredStores(expired);
    this.#ownFields = fields ?? [];
    this.#notice.recall(omissions, this.#writer.texts());
    const answer = this.#answer;
    return (answer && (await this.#carryOut(answer, signal))) ?? this.#goOn(signal);
  }

  /** Goes on with the outputs of the function calls, by the calls' ids. */
  async resume(outputs: ReadonlyMap<string, string>, signal: AbortSignal): Promise<Progress> {
    for (const call of this.#openFunctions()) {
      const output = outputs.get(call.id) ?? '';
      call.writer.call.function.output = output;
      call.output = toldOf(output);
    }
    this.#writer.resume(this.#answer?.usage ?? null);
    return this.#goOn(signal);
  }

  /** Ends the run, whatever it was doing. */
  async end(ending: Ending): Promise<void> {
    this.#answers.abandon();
    this.#notice.tell();
    await this.#writer.end(ending, this.#answer?.usage ?? null, this.#spending.usage);
  }

  /** The answer of a kept step; the last one's calls may not all be answered. */
  #restoreAnswer(step: KeptStep, found: KeptRun['found']): void {
    const isOpen = step.status === 'in_progress';
    const calls = isOpen ? this.#writer.reopen(step) : ToolCallsWriter.reopen(this.#deps.sink, step);
    const answer = Answer.of(step, found, calls, this.#writer, this.#callIds);
    this.#writer.cite(calls);
    if (isOpen) this.#answer = answer;
    else {
      this.#tools.recall(answer);
      this.#prompt.items.push(...answer.items());
    }
  }

  async #readThread(opening: Promise<unknown>): Promise<Omission[]> {
    const { omissions, cited } = await this.#prompt.readThread(opening);
    this.#writer.citations?.recall(cited);
    return omissions;
  }

  /** Whether the run waits for a client, as it did when its process was lost. */
  #waitsForOutputs(): boolean {
    const { status } = this.#writer.run;
    return status === 'requires_action' && this.#openFunctions().length > 0;
  }

  async #goOn(signal: AbortSignal): Promise<Progress> {
    for (;;) {
      if (this.#answer) this.#prompt.items.push(...this.#answer.items());
      this.#answer = undefined;
      signal.throwIfAborted();
      if (this.#limits.isOver) return this.#stop();
      const limit = this.#spending.limitReached(this.#writer.run);
      if (limit) return limit;
      const { isLast } = this.#limits;
      const answer = await this.#ask(signal);
      if (answer.reason === 'length') return { status: 'incomplete', reason: 'max_completion_tokens' };
      if (answer.reason === 'content_filter') return FILTERED;
      if (answer.calls.length === 0)
        return isLast && answer.isSilent ? this.#stop() : { status: 'completed' };
      const waiting = await this.#carryOut(answer, signal);
      if (waiting) return waiting;
    }
  }

  /** The model goes on calling tools whatever it is told: the run ends with what there is. */
  #stop(): Ending {
    this.#notice.tell();
    if (this.#notice.isUnwanted) return STOPPED;
    this.#writer.text(`⚠️ ${STOPPED.error.message}`);
    return { status: 'completed' };
  }

  /** Has the calls of an answer carried out; tells when a client must do the rest. */
  async #carryOut(answer: Answer, signal: AbortSignal): Promise<Progress | undefined> {
    await this.#tools.carryOut(answer, signal);
    const open = this.#openFunctions();
    if (open.length === 0) {
      this.#writer.closeCalls(answer.usage);
      return undefined;
    }
    await this.#writer.requireAction(open.map(({ writer }) => requiredCall(writer.call)));
    return { status: 'requires_action' };
  }

  /**
   * One answer of the model: to a shorter context when the whole one does not fit, and without what the provider
   * refuses.
   */
  async #ask(signal: AbortSignal): Promise<Answer> {
    this.#spending.answers++;
    for (let shortenings = 0; ; ) {
      const python = this.#deps.model.hostsCode && this.#prompt.python();
      const request = { ...this.#prompt.request(this.#limits.isLast), ...(python && { python }) };
      const answer = new Answer(this.#writer, this.#callIds);
      this.#answer = answer;
      try {
        const events = this.#answers.next(request, this.#spending.answers, signal);
        await this.#take(answer, this.#output.within(events));
        if (answer.isFiltered && this.#prompt.leftOut.tryAnother('words')) continue;
        this.#keep(answer, request);
        return answer;
      } catch (error) {
        if (!(error instanceof ModelError) || answer.begun) throw error;
        if (error.refused && this.#prompt.leftOut.tryAnother(error.refused)) continue;
        if (!error.contextExceeded) throw error;
        if (shortenings++ < MAX_SHORTENINGS) {
          this.#prompt.halve(request);
        } else if (this.#prompt.leftOut.tryAnother('room')) {
          shortenings = 0;
          this.#prompt.restoreSize();
        } else throw tooLongAtAll(error);
      }
    }
  }

  async #take(answer: Answer, events: AsyncIterable<AnswerEvent>): Promise<void> {
    for await (const event of events) {
      if (event.type === 'file') await this.#tools.takeFile(answer, event);
      if (isTaken(event)) this.#notice.settle(this.#prompt.leftOut);
      if (event.type === 'text' || event.type === 'refusal') this.#notice.tell();
      answer.take(event);
      if (answer.isFull) break;
    }
    if (answer.isFull) this.#cut(answer);
  }

  /** An answer that calls without end is whole as far as it has come: the rest of it would be more of the same. */
  #cut(answer: Answer): void {
    this.#answers.cut();
    answer.take({ type: 'end', reason: 'stop' });
  }

  /** Counts an answer that is whole, whose last part tells of all of it, and keeps what its provider wants back. */
  #keep(answer: Answer, request: ModelRequest): void {
    if (!answer.goesOn)
      this.#spending.count(answer.usage, () =>
        usageOf(itemsTokens(request.items), itemsTokens(answer.items())),
      );
    const fields = answer.ownFields();
    if (fields.length === 0) return;
    this.#ownFields.push(...fields);
    const { sink } = this.#deps;
    sink.keep(() => sink.state.ownFields.set(this.#writer.run.id, this.#ownFields));
  }

  #openFunctions(): FunctionCall[] {
    const calls = this.#answer?.calls ?? [];
    return calls.filter((call) => call.kind === 'function').filter((call) => call.output === undefined);
  }
}

/** Whether the provider has begun to answer, and not only said that it does not. */
function isTaken(event: AnswerEvent): boolean {
  return event.type !== 'usage' && !(event.type === 'end' && event.reason === 'content_filter');
}

function requiredCall({ id, type, function: { name, arguments: args } }: FunctionCall['writer']['call']) {
  return { id, type, function: { name, arguments: args } };
}
