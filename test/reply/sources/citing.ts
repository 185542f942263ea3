import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import type { FileCitationAnnotation, MessageContent } from 'openai/resources/beta/threads/messages';
import type { ToolCall } from 'openai/resources/beta/threads/runs/steps';
import { emptyTranscript, fold, type Transcript } from '../../../src/reply/transcript/transcript.ts';
import type { SearchResult } from '../../../src/view.ts';

/** A search with what it found, as Bobbin's own server tells it; on others without place, headings and attributes. */
export function search(...results: SearchResult[]): ToolCall {
  return { type: 'file_search', id: 'call_search', file_search: { results } } as ToolCall;
}

export function found(name: string, more: Partial<SearchResult> = {}): SearchResult {
  return {
    file_id: `file_${name}`,
    file_name: name,
    score: 0.9,
    attributes: {},
    place: {},
    headings: [],
    ...more,
  };
}

export interface Cited {
  mark: string;
  file: string;
}

/** A text with marks in it, each with its annotation. */
export function cites(...pieces: (string | Cited)[]): Extract<MessageContent, { type: 'text' }> {
  let value = '';
  const annotations: FileCitationAnnotation[] = [];
  for (const piece of pieces) {
    const start_index = value.length;
    value += typeof piece === 'string' ? piece : piece.mark;
    if (typeof piece === 'string') continue;
    const { mark: text, file: file_id } = piece;
    const place = { text, start_index, end_index: value.length };
    annotations.push({ type: 'file_citation', ...place, file_citation: { file_id } });
  }
  return { type: 'text', text: { value, annotations } };
}

export function mark(step: number, result: number, name: string): Cited {
  return { mark: `【${step}:${result}†${name}】`, file: `file_${name}` };
}

export function transcriptOf(events: AssistantStreamEvent[]): Transcript {
  return events.reduce(fold, emptyTranscript);
}
