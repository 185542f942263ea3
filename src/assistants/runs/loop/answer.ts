import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { newId } from '../../ids.ts';
import { ModelError, type ModelEvent, type ModelItem } from '../../models/model.ts';
import type { OwnFields } from '../context/own-fields.ts';
import type { CallPlace, KeptStep, WholeAnswer } from '../kept-step.ts';
import type { Found } from '../search/found.ts';
import type { ProducedFile } from '../writer/produced-files.ts';
import type { RunWriter } from '../writer/run-writer.ts';
import type { ToolCallsWriter } from '../writer/tool-calls-writer.ts';
import { MAX_CALLS } from './call-limits.ts';
import { type Call, callItem, completeArguments, isShownElsewhere, keptCall, newCall } from './calls.ts';
import type { AnswerEvent } from './model-answers.ts';
import { usageOf } from './usage.ts';

/** Takes one answer of the model as it comes, and writes it down. */
export class Answer {
  readonly calls: Call[] = [];
  /** What its code wrote so far. */
  readonly files: ProducedFile[] = [];
  usage: RunStep.Usage | null = null;
  /** Whether anything came yet; after that the same question can't be asked again. */
  begun = false;
  /** It calls more than a run may: nothing more of it is taken. */
  isFull = false;
  /** Nothing is said in it. */
  isSilent = true;
  readonly #writer: RunWriter;
  readonly #takenIds: Set<string>;
  readonly #byIndex = new Map<number, Call>();
  readonly #items: (ModelItem | Call)[] = [];
  readonly #lasting: unknown[] = [];
  #text = '';
  #textAfterCalls = '';
  #reason: 'stop' | 'length' | 'content_filter' | undefined;
  #goesOn = false;

  /** `takenIds` are the ids of the run's earlier calls. */
  constructor(writer: RunWriter, takenIds: Set<string>) {
    this.#writer = writer;
    this.#takenIds = takenIds;
  }

  /**
   * The answer that `step`, which `calls` writes, holds; `found` is what its searches found. Throws a TypeError when it
   * holds none.
   */
  static of(
    step: KeptStep,
    found: ReadonlyMap<string, Found>,
    calls: ToolCallsWriter,
    writer: RunWriter,
    takenIds: Set<string>,
  ): Answer {
    const { answer: kept } = step;
    if (!kept) throw new TypeError(`Step ${step.id} holds no whole answer.`);
    const answer = new Answer(writer, takenIds);
    answer.begun = true;
    answer.usage = kept.usage;
    answer.#goesOn = kept.goesOn ?? false;
    answer.#textAfterCalls = kept.textAfter;
    answer.files.push(...kept.files);
    const known = { tools: writer.run.tools, found };
    answer.calls.push(...calls.calls.map((call, at) => keptCall(call, at, kept, calls, known)));
    for (const { id } of answer.calls) takenIds.add(id);
    for (const item of kept.order) answer.#items.push(item.type === 'call' ? placed(answer, item) : item);
    return answer;
  }

  /** What is kept of an answer that is whole, beside what its step shows. */
  kept(spent: RunStep.Usage): WholeAnswer {
    this.#flushText();
    return {
      usage: this.usage,
      spent,
      order: this.#items.map((item) => ('kind' in item ? this.#placeOf(item) : item)),
      textAfter: this.#writer.textAfterCalls,
      outputs: this.calls.map((call) => (isShownElsewhere(call) ? null : (call.output ?? null))),
      files: [...this.files],
      ...(this.#goesOn && { goesOn: true }),
    };
  }

  take(event: AnswerEvent): void {
    if (event.type !== 'usage' && event.type !== 'end') this.begun = true;
    switch (event.type) {
      case 'text':
        this.#addText(event.delta);
        this.#writer.text(event.delta);
        return;
      case 'refusal':
        this.#addText(event.delta);
        this.#writer.refusal(event.delta);
        return;
      case 'withdraw':
        this.#text = '';
        this.#textAfterCalls = '';
        this.isSilent = true;
        this.#writer.withdraw();
        return;
      case 'tool_call':
        this.#call(event);
        return;
      case 'tool_arguments':
        this.#arguments(event.index, event.delta);
        return;
      case 'provider_item':
        this.#flushText();
        this.#items.push({ type: 'provider', item: event.item });
        if (event.lasting) this.#lasting.push(event.item);
        return;
      case 'tool_own': {
        const call = this.#byIndex.get(event.index);
        if (call) call.own = event.own;
        return;
      }
      case 'tool_ran': {
        const call = this.#byIndex.get(event.index);
        if (call?.kind === 'code') call.ran = event.ran;
        return;
      }
      case 'pause':
        this.#goesOn = true;
        this.#end('stop');
        return;
      case 'usage':
        this.usage = usageOf(event.promptTokens, event.completionTokens);
        return;
      case 'end':
        this.#end(event.reason);
    }
  }

  /** Whether the provider's answer went on after this part of it. */
  get goesOn(): boolean {
    return this.#goesOn;
  }

  #end(reason: 'stop' | 'length' | 'content_filter'): void {
    this.#reason = reason;
    for (const call of this.calls) completeArguments(call);
  }

  /** Why the answer ended. Throws `ModelError` when it broke off. */
  get reason(): 'stop' | 'length' | 'content_filter' {
    if (this.#reason) return this.#reason;
    throw new ModelError('server_error', 'The model’s answer broke off in the middle. Please try again.');
  }

  /** The provider's filter let nothing of it pass, or did not even let the model begin. */
  get isFiltered(): boolean {
    return this.#reason === 'content_filter' && !this.begun;
  }

  /** What the provider wants back in later runs, by the ids of its calls, or of its message if it called nothing. */
  ownFields(): OwnFields[] {
    const items = this.#lasting;
    const of = this.calls[0]?.id ?? this.#writer.messageId;
    const ofAnswer = items.length > 0 && of !== undefined ? [{ of, items }] : [];
    const ofCalls = this.calls.filter(({ own }) => own !== undefined).map(({ id, own }) => ({ of: id, own }));
    const all = Map.groupBy([...ofAnswer, ...ofCalls], (each) => each.of);
    return [...all.values()].map((each) => Object.assign({}, ...each));
  }

  /** The answer as the model reads it again, with the outputs of its calls, once all are there. */
  items(): ModelItem[] {
    this.#flushText();
    const items = this.#items.map((item) => ('kind' in item ? callItem(item, this.#writer.run.tools) : item));
    const outputs = this.calls.map(({ id, output = '' }) => ({
      type: 'tool_output' as const,
      callId: id,
      output,
    }));
    const after = this.#textAfterCalls;
    return [...items, ...outputs, ...(after === '' ? [] : [assistantText(after)])];
  }

  #placeOf(call: Call): CallPlace {
    const own = call.own === undefined ? {} : { own: call.own };
    const args = call.kind === 'search' ? { arguments: call.arguments } : {};
    const ran = call.kind === 'code' && call.output === undefined && call.ran ? { ran: call.ran } : {};
    return { type: 'call', at: this.calls.indexOf(call), ...own, ...args, ...ran };
  }

  #addText(delta: string): void {
    this.isSilent &&= delta.trim() === '';
    if (this.calls.length > 0) this.#textAfterCalls += delta;
    else this.#text += delta;
  }

  #flushText(): void {
    if (this.#text !== '') this.#items.push(assistantText(this.#text));
    this.#text = '';
  }

  #call({ index, callId, name: written }: Extract<ModelEvent, { type: 'tool_call' }>): void {
    if (this.#byIndex.has(index)) return;
    this.isFull = this.calls.length >= MAX_CALLS;
    if (this.isFull) return;
    this.#flushText();
    const writer = this.#writer.calls();
    const id = this.#distinctId(callId);
    const call = newCall(id, written, this.#writer.run.tools, writer);
    this.calls.push(call);
    this.#items.push(call);
    this.#byIndex.set(index, call);
  }

  #arguments(index: number, delta: string): void {
    const call = this.#byIndex.get(index);
    if (call?.kind === 'code') call.writer.code(call.argument.push(delta));
    else if (call?.kind === 'search') call.arguments += delta;
    else if (delta !== '') call?.writer.arguments(delta);
  }

  /** The model's own id where it has a good one: some providers know no others. */
  #distinctId(callId: string): string {
    const id = callId === '' || this.#takenIds.has(callId) ? newId('call_') : callId;
    this.#takenIds.add(id);
    return id;
  }
}

function placed(answer: Answer, { at, own, ran }: CallPlace): Call {
  const call = answer.calls[at];
  if (!call) throw new TypeError(`There is no call ${at}.`);
  if (own !== undefined) call.own = own;
  if (ran && call.kind === 'code') call.ran = ran;
  return call;
}

function assistantText(text: string): ModelItem {
  return { type: 'message', role: 'assistant', content: [{ type: 'text', text }] };
}
