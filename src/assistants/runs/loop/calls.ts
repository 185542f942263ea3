import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RanCode } from '../../code-interpreter/code-interpreter.ts';
import type { ModelItem } from '../../models/model.ts';
import { codeArguments } from '../context/history.ts';
import { shorten } from '../context/tokens.ts';
import type { WholeAnswer } from '../kept-step.ts';
import { type Found, foundId } from '../search/found.ts';
import { queriesIn } from '../search/queries.ts';
import type {
  CodeCallWriter,
  FunctionCallWriter,
  SearchCallWriter,
  ToolCallsWriter,
} from '../writer/tool-calls-writer.ts';
import { CodeArgument } from './code-argument.ts';
import { isOwn, nameOf, toolNamed } from './tool-names.ts';

/** What a model is told of one tool's output at most: a long table fits, a dumped file does not. */
export const MAX_OUTPUT_TOKENS = 8_000;

/** A call of the code interpreter in an answer. */
export interface CodeCall {
  kind: 'code';
  id: string;
  writer: CodeCallWriter;
  /** Decodes the code while it comes. */
  argument: CodeArgument;
  /** What became of it where the provider has run it. */
  ran?: RanCode;
  output?: string;
  /** What the provider wants back with the call. */
  own?: unknown;
}

/** A search in the files of the assistant and the thread. */
export interface SearchCall {
  kind: 'search';
  id: string;
  writer: SearchCallWriter;
  /** As the model wrote them: the step does not show what was asked. */
  arguments: string;
  output?: string;
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

export type Call = CodeCall | SearchCall | FunctionCall;

/** The call that a model makes by `name`. */
export function newCall(id: string, written: string, tools: Run['tools'], writer: ToolCallsWriter): Call {
  const name = toolNamed(written, tools);
  if (isOwn('code_interpreter', name, tools)) {
    return { kind: 'code', id, writer: writer.addCode(id), argument: new CodeArgument() };
  }
  if (isOwn('file_search', name, tools)) {
    return { kind: 'search', id, writer: writer.addSearch(id), arguments: '' };
  }
  return { kind: 'function', id, writer: writer.addFunction(id, name), known: hasFunction(tools, name) };
}

/** A call of a kept step; code and searches that did not come to their end begin anew. */
export function keptCall(
  call: ToolCallsWriter['calls'][number],
  at: number,
  { outputs, order }: WholeAnswer,
  calls: ToolCallsWriter,
  { tools, found }: { tools: Run['tools']; found: ReadonlyMap<string, Found> },
): Call {
  const { id } = call;
  if (call.type === 'file_search') {
    const writer = calls.searchCall(call, at);
    const place = order.find((item) => item.type === 'call' && item.at === at);
    const args = place?.type === 'call' ? (place.arguments ?? '') : '';
    const kept = found.get(foundId(calls.stepId, at));
    writer.show(kept);
    return { kind: 'search', id, writer, arguments: args, ...(kept && { output: kept.output }) };
  }
  const told = outputs[at] ?? undefined;
  if (call.type === 'code_interpreter') {
    if (told === undefined) call.code_interpreter.outputs = [];
    const code: CodeCall = {
      kind: 'code',
      id,
      writer: calls.codeCall(call, at),
      argument: new CodeArgument(),
    };
    return told === undefined ? code : { ...code, output: told };
  }
  const { name, output } = call.function;
  const known = hasFunction(tools, name);
  const given = told ?? (output === null ? undefined : toldOf(output));
  const writer = calls.functionCall(call, at);
  return { kind: 'function', id, writer, known, ...(given !== undefined && { output: given }) };
}

/** What the model is told of a tool's output. */
export function toldOf(output: string): string {
  return shorten(output, MAX_OUTPUT_TOKENS);
}

/** The output of such a call is kept elsewhere: as what its step shows, or beside the step as what was found. */
export function isShownElsewhere(call: Call): boolean {
  return call.kind === 'search' || (call.kind === 'function' && call.known);
}

function hasFunction(tools: Run['tools'], name: string): boolean {
  return tools.some((tool) => tool.type === 'function' && tool.function.name === name);
}

/** The call as the model reads it again. */
export function callItem(call: Call, tools: Run['tools']): ModelItem {
  if (call.kind === 'code') {
    const args = codeArguments(call.writer.call.code_interpreter.input);
    return own({ name: nameOf('code_interpreter', tools), arguments: args }, call);
  }
  if (call.kind === 'search') {
    const args = JSON.stringify({ queries: queriesIn(call.arguments) });
    return own({ name: nameOf('file_search', tools), arguments: args }, call);
  }
  const { name, arguments: args } = call.writer.call.function;
  return own({ name, arguments: args }, call);
}

/** With what the provider wants back with it. */
function own(written: { name: string; arguments: string }, { id, own: its }: Call): ModelItem {
  return { type: 'tool_call', callId: id, ...written, ...(its !== undefined && { own: its }) };
}

/** A function without parameters is often called with nothing at all, which is no JSON. */
export function completeArguments(call: Call): void {
  if (call.kind === 'code') call.writer.code(call.argument.end());
  else if (call.kind === 'function' && call.writer.call.function.arguments === '')
    call.writer.arguments('{}');
}
