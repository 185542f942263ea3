import type { Context } from 'hono';
import { idOf } from '../schemas.ts';
import { validate } from '../validation.ts';

/** The ids in the addresses of the Assistants API. The Files API says of a strange id that there is no such file. */
const IDS = {
  assistant_id: idOf('asst'),
  thread_id: idOf('thread'),
  message_id: idOf('msg'),
  run_id: idOf('run'),
  step_id: idOf('step'),
  vector_store_id: idOf('vs_'),
  batch_id: idOf('vsfb_'),
  store_file_id: idOf('file'),
};

/**
 * The id that the request's address names. Throws a 400 ApiError for one of another kind, such as the `undefined`
 * of a client that mixed its arguments up.
 * Wording: https://github.com/openai/openai-node/issues/1545
 */
export function pathId(c: Context, name: keyof typeof IDS): string {
  return validate(IDS[name], c.req.param(name), [name]);
}
