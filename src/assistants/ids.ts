import { randomInt } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** As long as OpenAI's own, so that clients which check an id's shape take ours. */
const LENGTH = 24;

export type IdPrefix = 'asst_' | 'thread_' | 'msg_' | 'run_' | 'step_' | 'call_' | 'file-' | 'vs_' | 'vsfb_';

/** A new id, such as `thread_a1B2…`: 142 random bits, so never the same twice. */
export function newId(prefix: IdPrefix): string {
  let id: string = prefix;
  for (let i = 0; i < LENGTH; i++) id += ALPHABET.charAt(randomInt(ALPHABET.length));
  return id;
}

/** Whether `id` has the shape of an id. One that has not is never asked for: a store may choke on its bytes. */
export function couldBeId(id: string): boolean {
  return /^[\w-]{1,64}$/.test(id);
}
