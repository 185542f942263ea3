import type { Keyv } from 'keyv';
import { NotFoundError, type OpenAI } from 'openai';
import type { Assistant, AssistantCreateParams } from 'openai/resources/beta/assistants';
import type { FileTool } from './conversation/thread/attachments.ts';
import { Problem } from './problem.ts';

/**
 * Makes `assistant.md` an assistant of the API: the one that was made of it before is updated, otherwise a new one is
 * created and its id kept under `key`, which names the server.
 */
export async function syncAssistant(
  client: OpenAI,
  ids: Keyv<string>,
  key: string,
  params: AssistantCreateParams,
): Promise<Assistant> {
  const { assistants } = client.beta;
  const known = await ids.get(key);
  try {
    if (known) return await assistants.update(known, params);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  const made = await assistants.create(params);
  await ids.set(key, made.id);
  return made;
}

/** Checks that an assistant which somebody else keeps exists; throws a `Problem` when it does not. */
export async function findAssistant(client: OpenAI, id: string): Promise<Assistant> {
  try {
    return await client.beta.assistants.retrieve(id);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new Problem(`ASSISTANT_ID names ${id}, and ASSISTANTS_BASE_URL has no such assistant: check both.`);
  }
}

/** What an assistant opens people's files with. */
export function fileToolsOf({ tools }: Pick<Assistant, 'tools'>): FileTool[] {
  return tools.flatMap(({ type }) => (type === 'function' ? [] : type));
}
