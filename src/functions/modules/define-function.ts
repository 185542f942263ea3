import type { z } from 'zod';
import type { Approval, CallContext } from '../team-function.ts';

/**
 * A function of the team, as its module writes it: what the model is told of it, and what is done when the model calls it.
 */
export interface FunctionDefinition<Parameters extends z.ZodType = z.ZodType> {
  /** 1 to 64 letters, digits, `_` and `-`; no other function has it. */
  readonly name: string;
  /** When to call it and what comes back, for the model: at most 1,024 characters. */
  readonly description: string;
  /**
   * A `z.object` with a field for each parameter, each with `.describe()`; left out for a function without any. Where `approve`
   * asks somebody, arguments are looked at before and again for the call: rules of your own have no effect but to say no.
   */
  readonly parameters?: Parameters;
  /** Whose word a call needs before it is made: who asked, anybody in the conversation, or those people and groups. */
  readonly approve?: Approval;
  /** Whether a call may be made again when the process died in it: for what only reads, or does no more the second time. */
  readonly repeatable?: boolean;
  /** Milliseconds that a call may take, at most nine minutes; a minute when left out. */
  readonly timeoutMs?: number;
  /**
   * Does it. Gives back a text, or anything that JSON can say, for the model; or `{ text, files }`, whose files come with
   * the reply; or nothing.
   *
   * What it throws is told to the model, so that it can try again in another way or tell people: write messages of errors
   * for them. Nothing that is secret in the environment gets there, whatever the result or the message is.
   * @param args What the model gave, checked: as the zod schema makes it.
   */
  handler(args: z.output<Parameters>, context: CallContext): unknown;
}

/**
 * Types a function of the team, which its module exports:
 *
 *     import { defineFunction } from 'bobbin/functions';
 *     import { z } from 'zod';
 *
 *     export default defineFunction({
 *       name: 'reset_vpn',
 *       description: 'Resets the VPN access of a person. Ask for their user name first.',
 *       parameters: z.object({ user: z.string().describe('Their user name') }),
 *       approve: 'asker',
 *       async handler({ user }, { progress, signal }) {
 *         progress('Talking to the gateway');
 *         await fetch(`https://vpn.example.com/reset/${encodeURIComponent(user)}`, { method: 'POST', signal });
 *         return `The access of ${user} is reset.`;
 *       },
 *     });
 */
export function defineFunction<Parameters extends z.ZodType = z.ZodObject>(
  definition: FunctionDefinition<Parameters>,
): FunctionDefinition<Parameters> {
  return definition;
}
