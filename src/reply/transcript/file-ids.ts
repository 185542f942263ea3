import type { ToolCall } from '../../view.ts';
import type { Content } from './content.ts';
import type { Transcript } from './transcript.ts';

/** The ids of the images and other files that a run brought forth, in the order in which they appear, each once. */
export function fileIds({ entries }: Transcript): string[] {
  const ids = entries.flatMap((entry) => {
    if (entry.type === 'tool_calls') return entry.tool_calls.flatMap(imagesOf);
    return [...entry.content.flatMap(filesOf), ...entry.attachments];
  });
  return [...new Set(ids)];
}

function imagesOf(call: ToolCall): string[] {
  if (call.type !== 'code_interpreter') return [];
  return call.outputs.flatMap((output) => (output.type === 'image' ? [output.file_id] : []));
}

function filesOf(content: Content): string[] {
  if (content.type === 'image_file') return [content.file_id];
  if (content.type !== 'text') return [];
  return content.annotations.flatMap(({ type, file_id }) => (type === 'file_path' ? [file_id] : []));
}
