import { z } from 'zod';
import { type Mark, markOf } from './mark.ts';

/** A message of the app's own, as it stands in a thread. */
export interface OwnMessage {
  readonly ts: string;
  readonly mark: Mark | undefined;
  /** Whether it was streamed, and can't be edited until that is ended. */
  readonly stream: 'open' | 'over' | undefined;
  /** Characters of its text. */
  readonly length: number;
  /** The titles of the files that it shares. */
  readonly files: readonly string[];
}

const ownMessage = z.object({
  ts: z.string(),
  text: z.string().catch(''),
  streaming_state: z.string().optional().catch(undefined),
  files: z.array(z.object({ title: z.string().nullish() })).catch([]),
});

/** What a thread's message is; undefined when it can't be read. */
export function ownMessageOf(message: unknown): OwnMessage | undefined {
  const { data } = ownMessage.safeParse(message);
  if (!data) return undefined;
  const { ts, text, streaming_state: state, files } = data;
  return {
    ts,
    mark: markOf(message),
    stream: state === undefined ? undefined : state === 'in_progress' ? 'open' : 'over',
    length: text.length,
    files: files.map(({ title }) => title ?? ''),
  };
}

/**
 * Whether a message is this part of a reply. A stream can carry no mark before it is stopped: one without belongs to the
 * reply that looks for it, since a conversation has one reply at a time, and whoever ends a stream marks it.
 */
export function isPart({ mark, stream }: OwnMessage, wanted: Mark): boolean {
  if (mark === undefined) return stream !== undefined;
  return mark.reply === wanted.reply && mark.part === wanted.part;
}
