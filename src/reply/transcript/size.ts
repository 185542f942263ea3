import type { ToolCall } from '../../platform.ts';
import type { Content } from './content.ts';
import type { Transcript } from './transcript.ts';

/** About how many characters a reader of the transcript sees; cheap enough to be asked at every turn. */
export function sizeOf({ entries }: Transcript): number {
  return sum(entries, (entry) =>
    entry.type === 'message' ? sum(entry.content, sizeOfContent) : sum(entry.tool_calls, sizeOfCall),
  );
}

function sizeOfContent(content: Content): number {
  return content.type === 'text' ? content.value.length : 1;
}

function sizeOfCall(call: ToolCall): number {
  if (call.type !== 'code_interpreter') return 1;
  return call.input.length + sum(call.outputs, (output) => (output.type === 'logs' ? output.logs.length : 1));
}

function sum<T>(all: readonly T[], size: (one: T) => number): number {
  return all.reduce((total, one) => total + size(one), 0);
}
