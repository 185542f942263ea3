import { hash } from 'node:crypto';
import { z } from 'zod';

/** Characters of an id: enough that no two of a conversation are alike, few enough for a button's id on Discord. */
const ID_LENGTH = 12;

const person = z.object({ id: z.string(), name: z.string() });

export const decision = z.object({
  isApproved: z.boolean(),
  at: z.number(),
  by: person.exactOptional(),
  reason: z.string().exactOptional(),
});

/** Whether a call may be made, as it was asked: all that another process needs to take an answer, or to wait for it. */
export const question = z.object({
  id: z.string(),
  approve: z.union([z.enum(['asker', 'channel']), z.array(z.string())]),
  asker: person,
  /** What those are called whom `approve` names, where people read it. */
  named: z.array(z.string()).exactOptional(),
  /** Unix time in ms: who says nothing until then has said no. */
  until: z.number(),
  /** Unix time in ms, since when people's newer messages wait. */
  holdsSince: z.number().exactOptional(),
  decision: decision.exactOptional(),
});

export type Question = Readonly<z.infer<typeof question>>;

/** The id of the question about a call, the same in each process that asks it. */
export function idOf(turn: string, call: string): string {
  return hash('sha256', `${turn}\n${call}`, 'base64url').slice(0, ID_LENGTH);
}
