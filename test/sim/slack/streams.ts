import { z } from 'zod';
import { MAX_BLOCKS, parseBlocks } from './blocks.ts';
import type { Block, Stream, StreamPart, Task } from './objects.ts';
import { explained, SlackError } from './slack-error.ts';

export interface StreamLimits {
  /** Characters of Markdown in one call: https://docs.slack.dev/reference/methods/chat.appendStream */
  callText: number;
  /** Characters of Markdown in one streamed message (https://github.com/CopilotKit/CopilotKit/pull/6064, a live probe). */
  messageText: number;
  /**
   * UTF-8 bytes of a message that has both text and task cards: text and titles once, details and output twice
   * (https://github.com/openclaw/openclaw/pull/143882, live probes: 10,600 to 11,300).
   */
  messageBytes: number;
  /**
   * Characters of one field of a task or plan chunk. The documentation says 256; a live probe of September 2026
   * saw far more accepted (https://github.com/vercel/chat/pull/886).
   */
  taskField: number;
}

export const STREAM_LIMITS: StreamLimits = {
  callText: 12_000,
  messageText: 12_000,
  messageBytes: 10_600,
  taskField: 256,
};

const chunkSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('markdown_text'), text: z.string() }),
  z.strictObject({
    type: z.literal('task_update'),
    id: z.string().min(1),
    title: z.string().min(1),
    status: z.enum(['pending', 'in_progress', 'complete', 'error']),
    details: z.string().optional(),
    output: z.string().optional(),
    sources: z
      .array(z.strictObject({ type: z.literal('url'), url: z.string(), text: z.string() }))
      .optional(),
  }),
  z.strictObject({ type: z.literal('plan_update'), title: z.string().min(1) }),
  z.strictObject({ type: z.literal('blocks'), blocks: z.array(z.unknown()) }),
]);

export type Chunk = z.infer<typeof chunkSchema>;
type TaskUpdate = Extract<Chunk, { type: 'task_update' }>;

/**
 * The chunks of one call; `markdown_text` is one chunk. Both together are refused, by the code that
 * https://github.com/NousResearch/hermes-agent/pull/104173 quotes from the methods' pages and saw live. Throws
 * `cannot_provide_both_markdown_text_and_chunks`, `invalid_chunks`, `msg_too_long`.
 */
export function parseChunks(
  markdownText: string | undefined,
  chunks: unknown,
  limits: StreamLimits,
): Chunk[] {
  if (markdownText !== undefined && chunks !== undefined) {
    throw new SlackError('cannot_provide_both_markdown_text_and_chunks');
  }
  const given = markdownText === undefined ? (chunks ?? []) : [{ type: 'markdown_text', text: markdownText }];
  const result = z.array(chunkSchema).safeParse(given);
  if (!result.success) {
    throw explained(
      'invalid_chunks',
      result.error.issues.map((issue) => `${issue.message} [json-pointer:/chunks/${issue.path.join('/')}]`),
    );
  }
  if (textOf(result.data).length > limits.callText) throw new SlackError('msg_too_long');
  if (result.data.some((chunk) => taskFields(chunk).some((field) => field.length > limits.taskField))) {
    throw explained('invalid_chunks', [`must be less than ${limits.taskField + 1} characters`]);
  }
  return result.data;
}

function textOf(chunks: Chunk[]): string {
  return chunks.map((chunk) => (chunk.type === 'markdown_text' ? chunk.text : '')).join('');
}

function taskFields(chunk: Chunk): string[] {
  if (chunk.type === 'plan_update') return [chunk.title];
  return chunk.type === 'task_update' ? [chunk.id, chunk.title, chunk.details ?? '', chunk.output ?? ''] : [];
}

export function newStream(displayMode: string): Stream {
  return {
    state: 'in_progress',
    startedAt: Date.now(),
    displayMode,
    parts: [],
    tasks: new Map(),
    finalBlocks: [],
  };
}

/**
 * A stream goes on in the way in which it began, with `markdown_text` or with `chunks` (same source as for
 * `parseChunks`). Throws `streaming_mode_mismatch`.
 */
export function keepMode(stream: Stream, markdownText: string | undefined, chunks: Chunk[]): Stream {
  if (chunks.length === 0) return stream;
  const mode = markdownText === undefined ? 'chunks' : 'text';
  if ((stream.mode ?? mode) !== mode) throw new SlackError('streaming_mode_mismatch');
  return { ...stream, mode };
}

/** Nothing of a call is taken when one of its chunks is refused. Throws `msg_too_long`, `msg_blocks_too_many`. */
export function append(stream: Stream, chunks: Chunk[], limits: StreamLimits): Stream {
  if (chunks.length === 0) return stream;
  const grown = chunks.reduce(take, { ...stream, parts: [...stream.parts], tasks: new Map(stream.tasks) });
  const blocks = grown.parts.flatMap((part) => (part.type === 'blocks' ? part.blocks : []));
  if (blocks.length > MAX_BLOCKS) throw new SlackError('msg_blocks_too_many');
  const text = markdownOf(grown);
  if (text.length > limits.messageText) throw new SlackError('msg_too_long');
  if (text !== '' && grown.tasks.size > 0 && weight(grown, text) > limits.messageBytes) {
    throw new SlackError('msg_too_long');
  }
  return grown;
}

function take(stream: Stream, chunk: Chunk): Stream {
  switch (chunk.type) {
    case 'markdown_text':
      return { ...stream, parts: withText(stream.parts, chunk.text) };
    case 'plan_update':
      return { ...stream, planTitle: chunk.title };
    case 'blocks':
      return { ...stream, parts: [...stream.parts, { type: 'blocks', blocks: parseBlocks(chunk.blocks) }] };
    case 'task_update':
      return withTask(stream, chunk);
  }
}

function withText(parts: StreamPart[], text: string): StreamPart[] {
  const last = parts.at(-1);
  if (last?.type !== 'markdown') return [...parts, { type: 'markdown', text }];
  return [...parts.slice(0, -1), { type: 'markdown', text: last.text + text }];
}

/** Title and status of a task are replaced, its details and output grow (measured by several, same sources). */
function withTask(stream: Stream, update: TaskUpdate): Stream {
  const held = stream.tasks.get(update.id);
  const task: Task = {
    id: update.id,
    title: update.title,
    status: update.status,
    details: (held?.details ?? '') + (update.details ?? ''),
    output: (held?.output ?? '') + (update.output ?? ''),
    sources: [...(held?.sources ?? []), ...(update.sources ?? [])],
  };
  stream.tasks.set(task.id, task);
  return held === undefined ? { ...stream, parts: [...stream.parts, { type: 'task', id: task.id }] } : stream;
}

/** All Markdown that was streamed into the message. */
export function markdownOf(stream: Stream): string {
  return stream.parts.map((part) => (part.type === 'markdown' ? part.text : '')).join('');
}

function weight(stream: Stream, text: string): number {
  const tasks = [...stream.tasks.values()];
  const once = [text, stream.planTitle ?? '', ...tasks.map((task) => task.title)];
  const twice = tasks.flatMap((task) => [task.details, task.output]);
  return Buffer.byteLength(once.join('')) + 2 * Buffer.byteLength(twice.join(''));
}

/**
 * The message as blocks, as it reads back and as its buttons are found. Slack turns the Markdown into rich text;
 * here it stays a markdown block, so that tests see what was sent.
 */
export function streamBlocks(stream: Stream): Block[] {
  const parts = stream.parts.flatMap((part): Block[] => {
    if (part.type === 'blocks') return part.blocks;
    if (part.type === 'markdown') return [{ type: 'markdown', text: part.text }];
    const task = stream.tasks.get(part.id);
    return task === undefined ? [] : [taskCard(task)];
  });
  return [...parts, ...stream.finalBlocks];
}

function taskCard({ id, title, status, details, output }: Task): Block {
  const prose = {
    ...(details && { details: richText(details) }),
    ...(output && { output: richText(output) }),
  };
  return { type: 'task_card', task_id: id, title, status, ...prose };
}

function richText(text: string): Block {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] };
}
