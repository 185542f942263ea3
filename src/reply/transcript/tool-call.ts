import type {
  RunStep,
  ToolCallDelta,
  ToolCall as ToolCallObject,
} from 'openai/resources/beta/threads/runs/steps';
import type { CodeInterpreterCall, CodeOutput, FunctionCall, ToolCall } from '../../view.ts';
import { place } from './by-index.ts';
import { searchResultOf } from './search-result.ts';
import { listOf, textOf } from './wire.ts';

type CodeInterpreterObject = Extract<ToolCallObject, { type: 'code_interpreter' }>['code_interpreter'];
type CodeInterpreterDelta = NonNullable<
  Extract<ToolCallDelta, { type: 'code_interpreter' }>['code_interpreter']
>;
type FunctionDelta = NonNullable<Extract<ToolCallDelta, { type: 'function' }>['function']>;

/** The tool calls of a whole run step, those of unknown types left out. */
export function toolCallsOf(step: RunStep): readonly ToolCall[] {
  if (step.step_details?.type !== 'tool_calls') return [];
  return listOf(step.step_details.tool_calls).reduce<readonly ToolCall[]>(
    (calls, call, index) => place(calls, index, () => wholeCall(call, index)),
    [],
  );
}

/** The tool calls with one delta added. */
export function addToolCallDelta(calls: readonly ToolCall[], delta: ToolCallDelta): readonly ToolCall[] {
  return place(calls, delta.index, (current) => {
    if (current && current.type !== delta.type) return current;
    const call = current ?? emptyCall(delta);
    return call && withDelta(call.id ? call : { ...call, id: textOf(delta.id) }, delta);
  });
}

function wholeCall(call: ToolCallObject, index: number): ToolCall | undefined {
  const id = textOf(call.id);
  switch (call.type) {
    case 'code_interpreter':
      return { type: 'code_interpreter', index, id, ...codeInterpreter(call.code_interpreter) };
    case 'file_search':
      return {
        type: 'file_search',
        index,
        id,
        results: listOf(call.file_search?.results).map(searchResultOf),
      };
    case 'function':
      return addArguments(
        { type: 'function', index, id, name: '', arguments: '', output: null },
        call.function,
      );
    default:
      return undefined;
  }
}

function codeInterpreter(whole: CodeInterpreterObject | undefined) {
  const outputs = listOf(whole?.outputs).map((output, index) => ({ ...output, index }));
  return { input: textOf(whole?.input), outputs: outputs.reduce(addOutput, []) };
}

function emptyCall({ type, index }: ToolCallDelta): ToolCall | undefined {
  switch (type) {
    case 'code_interpreter':
      return { type, index, id: '', input: '', outputs: [] };
    case 'file_search':
      return { type, index, id: '', results: [] };
    case 'function':
      return { type, index, id: '', name: '', arguments: '', output: null };
    default:
      return undefined;
  }
}

function withDelta(call: ToolCall, delta: ToolCallDelta): ToolCall {
  if (call.type === 'code_interpreter' && delta.type === 'code_interpreter' && delta.code_interpreter)
    return addCode(call, delta.code_interpreter);
  if (call.type === 'function' && delta.type === 'function' && delta.function)
    return addArguments(call, delta.function);
  return call;
}

function addCode(call: CodeInterpreterCall, delta: CodeInterpreterDelta): CodeInterpreterCall {
  const outputs = listOf(delta.outputs).reduce(addOutput, call.outputs);
  return { ...call, input: call.input + textOf(delta.input), outputs };
}

function addArguments(call: FunctionCall, delta: FunctionDelta | undefined): FunctionCall {
  return {
    ...call,
    name: textOf(delta?.name) || call.name,
    arguments: call.arguments + textOf(delta?.arguments),
    output: typeof delta?.output === 'string' ? delta.output : call.output,
  };
}

function addOutput(
  outputs: readonly CodeOutput[],
  delta: NonNullable<CodeInterpreterDelta['outputs']>[number],
): readonly CodeOutput[] {
  return place(outputs, delta.index, (current) => {
    const { index } = delta;
    if (delta.type === 'logs') {
      if (current && current.type !== 'logs') return current;
      return { index, type: 'logs', logs: (current?.logs ?? '') + textOf(delta.logs) };
    }
    return delta.type === 'image' ? { index, type: 'image', file_id: textOf(delta.image?.file_id) } : current;
  });
}
