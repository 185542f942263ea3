import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { ModelItem } from '../../models/model.ts';
import { codeArguments } from '../context/history.ts';
import { shorten } from '../context/tokens.ts';
import type { WholeAnswer } from '../kept-step.ts';
import type { CodeCallWriter, FunctionCallWriter, ToolCallsWriter } from '../writer/tool-calls-writer.ts';
import { CodeArgument } from './code-argument.ts';
import { CODE_INTERPRETER, toolNamed } from './model-tools.ts';

/** What a model is told of one tool's output at most: a long table fits, a dumped file does not. */
export const MAX_OUTPUT_TOKENS = 8_000;

/** A call of the code interpreter in an answer. */
export interface CodeCall {
  kind: 'code';
  id: string;
  writer: CodeCallWriter;
  /** Decodes the code while it comes. */
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

/** The call that a model makes by `name`. */
export function newCall(id: string, written: string, tools: Run['tools'], writer: ToolCallsWriter): Call {
  const name = toolNamed(written, tools);
  return name === CODE_INTERPRETER && tools.some(({ type }) => type === 'code_interpreter')
    ? { kind: 'code', id, writer: writer.addCode(id), argument: new CodeArgument() }
    : { kind: 'function', id, writer: writer.addFunction(id, name), known: hasFunction(tools, name) };
}

/** A call of a kept step; code that did not run to its end begins anew. */
export function keptCall(
  call: ToolCallsWriter['calls'][number],
  at: number,
  { outputs }: WholeAnswer,
  calls: ToolCallsWriter,
  tools: Run['tools'],
): Call {
  const { id } = call;
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

/** What the step of such a call shows is all that there is of its output. */
export function isClients(call: Call): boolean {
  return call.kind === 'function' && call.known;
}

function hasFunction(tools: Run['tools'], name: string): boolean {
  return tools.some((tool) => tool.type === 'function' && tool.function.name === name);
}

/** The call as the model reads it again. */
export function callItem(call: Call): ModelItem {
  const own = call.own === undefined ? {} : { own: call.own };
  if (call.kind === 'code') {
    const args = codeArguments(call.writer.call.code_interpreter.input);
    return { type: 'tool_call', callId: call.id, name: CODE_INTERPRETER, arguments: args, ...own };
  }
  const { name, arguments: args } = call.writer.call.function;
  return { type: 'tool_call', callId: call.id, name, arguments: args, ...own };
}

/** A function without parameters is often called with nothing at all, which is no JSON. */
export function completeArguments(call: Call): void {
  if (call.kind === 'code') call.writer.code(call.argument.end());
  else if (call.writer.call.function.arguments === '') call.writer.arguments('{}');
}
