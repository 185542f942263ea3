import type { Context } from 'hono';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { z } from 'zod';
import type { State } from '../../state.ts';
import { validate } from '../../validation.ts';
import { type Found, foundIds, withContent } from '../search/found.ts';

const RESULT_CONTENT = 'step_details.tool_calls[*].file_search.results[*].content';

const includes = z.array(z.enum([RESULT_CONTENT]));

/**
 * Whether the request asks for the texts of search results.
 * https://developers.openai.com/api/docs/assistants/tools/file-search
 */
export function wantsContent(c: Context): boolean {
  const asked = [...(c.req.queries('include[]') ?? []), ...(c.req.queries('include') ?? [])];
  return validate(includes, asked, ['include']).length > 0;
}

/** The steps with the texts of what their searches found. */
export async function includeContent(state: State, steps: readonly RunStep[]): Promise<RunStep[]> {
  const found = await state.found.getMany(steps.flatMap(foundIds));
  const byId = new Map(found.map((each): [string, Found] => [each.id, each]));
  return steps.map((step) => withContent(step, byId));
}
