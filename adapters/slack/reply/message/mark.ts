import { z } from 'zod';

/**
 * Which part of which reply a message is, for whoever has to find it again: the index of a message, or the first of the
 * files that one is about. It stands in the message's metadata, which everybody in the workspace may read.
 */
export interface Mark {
  readonly reply: string;
  readonly part: string;
}

const EVENT_TYPE = 'bobbin_reply';

const marked = z.object({
  metadata: z.object({
    event_type: z.literal(EVENT_TYPE),
    event_payload: z.object({ reply: z.string(), part: z.string() }),
  }),
});

/** A mark as Slack keeps it: https://docs.slack.dev/messaging/message-metadata */
export function metadataOf({ reply, part }: Mark) {
  return { event_type: EVENT_TYPE, event_payload: { reply, part } };
}

/** The mark of a message; undefined when it has none. */
export function markOf(message: unknown): Mark | undefined {
  return marked.safeParse(message).data?.metadata.event_payload;
}
