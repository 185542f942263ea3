import type { Message, MessageContent } from 'openai/resources/beta/threads/messages';
import { newId } from './ids.ts';
import type { MessageInput } from './schemas.ts';
import { nowInSeconds } from './time.ts';

/** The message that a client adds to a thread. */
export function newMessage(threadId: string, input: MessageInput): Message {
  const now = nowInSeconds();
  return {
    id: newId('msg_'),
    object: 'thread.message',
    created_at: now,
    thread_id: threadId,
    status: 'completed',
    incomplete_details: null,
    completed_at: now,
    incomplete_at: null,
    role: input.role,
    content: contentOf(input.content),
    assistant_id: null,
    run_id: null,
    attachments: (input.attachments ?? []).map(({ file_id, tools = [] }) => ({ file_id, tools })),
    metadata: input.metadata ?? {},
  };
}

/** The ids of the files that a message refers to. */
export function filesOf({ content, attachments }: MessageInput): string[] {
  const parts = typeof content === 'string' ? [] : content;
  const images = parts.flatMap((part) => (part.type === 'image_file' ? [part.image_file.file_id] : []));
  return [...images, ...(attachments ?? []).map((attachment) => attachment.file_id)];
}

/** A message, or what a client sends for one. */
export interface Attaching {
  attachments?: Message['attachments'] | undefined;
}

/** The ids of the files that a message attaches for the code interpreter. */
export function codeFiles(message: Attaching): string[] {
  return attachedFor('code_interpreter', message);
}

/** The ids of the files that a message attaches to be searched. */
export function searchedFiles(message: Attaching): string[] {
  return attachedFor('file_search', message);
}

function attachedFor(tool: 'code_interpreter' | 'file_search', { attachments }: Attaching): string[] {
  return (attachments ?? []).flatMap(({ file_id: id, tools }) =>
    id !== undefined && tools?.some(({ type }) => type === tool) ? [id] : [],
  );
}

function contentOf(content: MessageInput['content']): MessageContent[] {
  if (typeof content === 'string') return [textContent(content)];
  return content.map((part) => {
    if (part.type === 'text') return textContent(part.text);
    if (part.type === 'image_url')
      return {
        type: 'image_url',
        image_url: { url: part.image_url.url, detail: part.image_url.detail ?? 'auto' },
      };
    return {
      type: 'image_file',
      image_file: { file_id: part.image_file.file_id, detail: part.image_file.detail ?? 'auto' },
    };
  });
}

function textContent(value: string): MessageContent {
  return { type: 'text', text: { value, annotations: [] } };
}
