import { z } from 'zod';
import type { KeptReply } from '../../../src/platform.ts';
import type { KeptPlace } from '../place.ts';
import type { Shown } from './shown.ts';

const id = z.string().regex(/^\d{1,20}$/);

const message = z.object({
  /** https://discord.com/developers/docs/resources/message#create-message */
  nonce: z.string().max(25),
  id: id.optional(),
  buttons: z
    .union([z.enum(['none', 'running', 'finished']), z.templateLiteral(['asking ', z.string()])])
    .optional(),
  pings: z.boolean().optional(),
  replaces: id.optional(),
  files: z.array(z.string()).optional(),
  attachments: z.int().min(0).optional(),
});

const shape = z.object({
  channel: id.optional(),
  answersNobody: z.boolean().optional(),
  messages: z.array(message),
  nonces: z.int().min(0),
  /** What is said in place of files that Discord did not take, by their ids. */
  refused: z.array(z.tuple([z.string(), z.string()])).default([]),
  /** What is shown in place of texts that Discord did not take, by the numbers of their messages. */
  filtered: z.array(z.tuple([z.int().min(0), z.string()])).default([]),
});

/** A reply as it is kept: where it stands and in which messages, but not what they say, which Discord knows. */
export interface Kept extends KeptPlace {
  messages: Shown[];
  nonces: number;
  refused: [string, string][];
  filtered: [number, string][];
}

/** Undefined for what is not of a reply, as if nothing had been kept. */
export function readKept(kept: KeptReply | undefined): Kept | undefined {
  return kept && shape.safeParse(kept).data;
}

export function writeKept({ messages, refused, filtered, ...kept }: Kept): KeptReply {
  const withoutText = messages.map(({ content: _, isInherited: __, ...message }) => message);
  return {
    ...kept,
    messages: withoutText,
    ...(refused.length > 0 && { refused }),
    ...(filtered.length > 0 && { filtered }),
  };
}
