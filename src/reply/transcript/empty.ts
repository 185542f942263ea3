import type { ToolCall } from '../../view.ts';
import { cleanLogs } from '../layout/clean.ts';
import { Citations } from '../sources/citations.ts';
import { fileIds } from './file-ids.ts';
import { contentBlock } from './render.ts';
import type { Entry, Transcript } from './transcript.ts';

/** Whether an answer that is over gives people nothing: no text, no file, and nothing that code printed. */
export function isEmpty(transcript: Transcript): boolean {
  return fileIds(transcript).length === 0 && isWordless(transcript);
}

/** Whether there is nothing to read in an answer that is over. */
export function isWordless(transcript: Transcript): boolean {
  const citations = new Citations(transcript);
  return transcript.entries.every((entry) => saysNothing(entry, citations));
}

function saysNothing(entry: Entry, citations: Citations): boolean {
  if (entry.type === 'tool_calls') return entry.tool_calls.every(printsNothing);
  return entry.content.every((content) => contentBlock(content, false, citations) === '');
}

function printsNothing(call: ToolCall): boolean {
  if (call.type !== 'code_interpreter') return true;
  return call.outputs.every((output) => output.type === 'image' || cleanLogs(output.logs, false) === '');
}
