import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { newId } from '../../ids.ts';
import { ModelError, type ModelEvent, type ModelItem } from '../../models/model.ts';
import { codeArguments } from '../context/history.ts';
import type { OwnFields } from '../context/own-fields.ts';
import type { RunWriter } from '../writer/run-writer.ts';
import type { CodeCallWriter, FunctionCallWriter } from '../writer/tool-calls-writer.ts';
import { CodeArgument } from './code-argument.ts';
import { CODE_INTERPRETER, toolNamed } from './model-tools.ts';

/** More calls at once than any task asks for: a model that goes on is caught in a loop. */
export const MAX_CALLS = 128;

/** A call of the code interpreter in an answer. */
export interface CodeCall {
  kind: 'code';
  id: string;
  writer: CodeCallWriter;
  argument: CodeArgument;
  output?: string;
  /** What the provider wants back with the call. */
  own?: unknown;
}

/** A call of a function; `known` tells whether the run has such a function. */
export interface FunctionCall {
  kind: 'function';
  id: string;
  writer: FunctionCallWriter;
  known: boolean;
  output?: string;
  own?: unknown;
}

export type Call = CodeCall | FunctionCall;

/** Takes one answer of the model as it comes, and writes it down. */
export class Answer {
  readonly calls: Call[] = [];
  usage: RunStep.Usage | null = null;
  /** Whether anything came yet; after that the same question can't be asked again. */
  begun = false;
  readonly #writer: RunWriter;
  readonly #takenIds: Set<string>;
  readonly #byIndex = new Map<number, Call>();
  readonly #items: (ModelItem | Call)[] = [];
  readonly #lasting: unknown[] = [];
  #text = '';
  #textAfterCalls = '';
  #reason: 'stop' | 'length' | 'content_filter' | undefined;

  /** `takenIds` are the ids of the run's earlier calls. */
  constructor(writer: RunWriter, takenIds: Set<string>) {
    this.#writer = writer;
    this.#takenIds = takenIds;
  }

  take(event: ModelEvent): void {
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
      case 'usage':
        this.usage = usageOf(event.promptTokens, event.completionTokens);
        return;
      case 'end':
        this.#reason = event.reason;
        for (const call of this.calls) completeArguments(call);
    }
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
    const items = this.#items.map((item) => ('kind' in item ? callItem(item) : item));
    const outputs = this.calls.map(({ id, output = '' }) => ({
      type: 'tool_output' as const,
      callId: id,
      output,
    }));
    const after = this.#textAfterCalls;
    return [...items, ...outputs, ...(after === '' ? [] : [assistantText(after)])];
  }

  #addText(delta: string): void {
    if (this.calls.length > 0) this.#textAfterCalls += delta;
    else this.#text += delta;
  }

  #flushText(): void {
    if (this.#text !== '') this.#items.push(assistantText(this.#text));
    this.#text = '';
  }

  #call({ index, callId, name: written }: Extract<ModelEvent, { type: 'tool_call' }>): void {
    if (this.#byIndex.has(index)) return;
    if (this.calls.length >= MAX_CALLS) {
      throw new ModelError('server_error', `The model called more than ${MAX_CALLS} tools in one answer.`);
    }
    this.#flushText();
    const writer = this.#writer.calls();
    const id = this.#distinctId(callId);
    const { tools } = this.#writer.run;
    const name = toolNamed(written, tools);
    const call: Call =
      name === CODE_INTERPRETER && tools.some(({ type }) => type === 'code_interpreter')
        ? { kind: 'code', id, writer: writer.addCode(id), argument: new CodeArgument() }
        : { kind: 'function', id, writer: writer.addFunction(id, name), known: hasFunction(tools, name) };
    this.calls.push(call);
    this.#items.push(call);
    this.#byIndex.set(index, call);
  }

  #arguments(index: number, delta: string): void {
    const call = this.#byIndex.get(index);
    if (call?.kind === 'code') call.writer.code(call.argument.push(delta));
    else if (delta !== '') call?.writer.arguments(delta);
  }

  /** The model's own id where it has a good one: some providers know no others. */
  #distinctId(callId: string): string {
    const id = callId === '' || this.#takenIds.has(callId) ? newId('call_') : callId;
    this.#takenIds.add(id);
    return id;
  }
}

function hasFunction(tools: Run['tools'], name: string): boolean {
  return tools.some((tool) => tool.type === 'function' && tool.function.name === name);
}

function callItem(call: Call): ModelItem {
  const own = call.own === undefined ? {} : { own: call.own };
  if (call.kind === 'code') {
    const args = codeArguments(call.writer.call.code_interpreter.input);
    return { type: 'tool_call', callId: call.id, name: CODE_INTERPRETER, arguments: args, ...own };
  }
  const { name, arguments: args } = call.writer.call.function;
  return { type: 'tool_call', callId: call.id, name, arguments: args, ...own };
}

/** A function without parameters is often called with nothing at all, which is no JSON. */
function completeArguments(call: Call): void {
  if (call.kind === 'code') call.writer.code(call.argument.end());
  else if (call.writer.call.function.arguments === '') call.writer.arguments('{}');
}

function assistantText(text: string): ModelItem {
  return { type: 'message', role: 'assistant', content: [{ type: 'text', text }] };
}

export function usageOf(promptTokens: number, completionTokens: number): RunStep.Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
