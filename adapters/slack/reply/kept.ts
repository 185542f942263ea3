import { hash } from 'node:crypto';
import { z } from 'zod';
import type { KeptReply } from '../../../src/platform.ts';

/** Characters of a digest: enough that two texts of one message never share one. */
const DIGEST_LENGTH = 12;

const keptMessage = z.object({
  /** Missing while it is not posted, as far as is known. */
  ts: z.string().optional(),
  /** It is streamed and not marked yet. */
  stream: z.literal(true).optional(),
  /** Characters of the text that people see. */
  length: z.number().optional(),
  /** The digest of all that it shows, once it was edited. */
  shown: z.string().optional(),
  /** A message in its place that can no longer be edited, and is left as it is. */
  not: z.string().optional(),
});

/** What another process needs to go on with a message: about 70 bytes of JSON. */
export type KeptMessage = Readonly<z.infer<typeof keptMessage>>;

const keptReply = z.object({
  /** By their index. */
  messages: z.array(keptMessage),
  /** The ids of the files that were uploaded. */
  files: z.array(z.string()).optional(),
  /** A message may stand behind these that is not known: it was being posted. */
  posting: z.literal(true).optional(),
});

/** What is kept of a reply in Slack. */
export type Kept = Readonly<z.infer<typeof keptReply>>;

/** What was kept, if anything; nothing when it makes no sense: then all of it is looked for. */
export function keptOf(kept: KeptReply | undefined): Kept {
  if (kept === undefined) return { messages: [] };
  return keptReply.safeParse(kept).data ?? { messages: [], posting: true };
}

export function digestOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, DIGEST_LENGTH);
}
