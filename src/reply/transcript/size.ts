import type { ToolCall } from '../../view.ts';
import type { Content } from './content.ts';
import type { Transcript } from './transcript.ts';

/** About how many characters a reader of the transcript sees; cheap enough to be asked at every turn. */
export function sizeOf({ entries }: Transcript): number {
  return sum(entries, (entry) =>
    entry.type === 'message' ? sum(entry.content, sizeOfContent) : sum(entry.tool_calls, sizeOfCall),
  );
}

/** How many characters a transcript holds, whether or not people see them. */
export function lengthOf({ entries }: Transcript): number {
  return sum(entries, (entry) =>
    entry.type === 'message' ? sum(entry.content, lengthOfContent) : sum(entry.tool_calls, lengthOfCall),
  );
}

function lengthOfContent(content: Content): number {
  return content.type === 'image_url' ? content.url.length : sizeOfContent(content);
}

function lengthOfCall(call: ToolCall): number {
  return call.type === 'function' ? call.arguments.length + (call.output?.length ?? 0) : sizeOfCall(call);
}

function sizeOfContent(content: Content): number {
  if (content.type === 'refusal') return content.refusal.length;
  return content.type === 'text' ? content.value.length : 1;
}

function sizeOfCall(call: ToolCall): number {
  if (call.type !== 'code_interpreter') return 1;
  return call.input.length + sum(call.outputs, (output) => (output.type === 'logs' ? output.logs.length : 1));
}

function sum<T>(all: readonly T[], size: (one: T) => number): number {
  return all.reduce((total, one) => total + size(one), 0);
}
