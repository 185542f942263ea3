import type { Keyv } from 'keyv';
import { APIConnectionError, APIError, NotFoundError, type OpenAI } from 'openai';
import type { Assistant, AssistantCreateParams } from 'openai/resources/beta/assistants';
import type { FileTool } from './conversation/thread/attachments.ts';
import { knowledgeInstructions } from './knowledge/instructions.ts';
import { Knowledge } from './knowledge/knowledge.ts';
import type { Logger } from './log.ts';
import { Problem } from './problem.ts';
import type { Settings } from './settings/settings.ts';
import type { Store } from './store/store.ts';

/** How what is kept names the server of this process. */
const EMBEDDED = 'embedded';

/**
 * Makes `assistant.md` an assistant of the API: the one that was made of it before is updated, otherwise a new one is
 * created and its id kept under `key`, which names the server.
 */
async function syncAssistant(
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

/** What the assistant is made with: `assistant.md`, and where the team's knowledge is. */
async function paramsOf({ assistant }: Settings, knowledge: Knowledge): Promise<AssistantCreateParams> {
  const { params } = assistant;
  const { settings } = knowledge;
  if (!params.tools?.some(({ type }) => type === 'file_search')) return params;
  const instructions = `${params.instructions}\n\n${knowledgeInstructions(settings)}`;
  if (settings.entries.length === 0) return { ...params, instructions };
  const vector_store_ids = [await knowledge.openStore()];
  return { ...params, instructions, tool_resources: { file_search: { vector_store_ids } } };
}

/** The assistant that answers: of `assistant.md`, or the one that the settings name. Throws a `Problem` when it can't be had. */
export async function assistantOf(
  settings: Settings,
  client: OpenAI,
  store: Store,
  knowledge: Knowledge,
): Promise<Assistant> {
  const { assistantId, baseURL } = settings.assistants;
  try {
    if (assistantId) return await findAssistant(client, assistantId);
    return await syncAssistant(
      client,
      store.keyv('assistants-made'),
      baseURL ?? EMBEDDED,
      await paramsOf(settings, knowledge),
    );
  } catch (error) {
    if (!baseURL || !(error instanceof APIError)) throw error;
    const reason =
      error instanceof APIConnectionError ? 'could not be reached' : `answered: ${error.message}`;
    throw new Problem(`ASSISTANTS_BASE_URL, ${baseURL}, ${reason}. Check it and ASSISTANTS_API_KEY.`, {
      cause: error,
    });
  }
}

/** What the team knows, on whichever server. */
export function knowledgeOf(settings: Settings, client: OpenAI, store: Store, log: Logger): Knowledge {
  const { knowledge, params } = settings.assistant;
  const { assistantId, baseURL: server = EMBEDDED } = settings.assistants;
  const { entries, ...others } = knowledge ?? { entries: [], root: '.' };
  // An assistant that somebody else keeps is not told of it.
  const named = assistantId === undefined ? entries : [];
  if (named.length < entries.length)
    log.warn('knowledge in assistant.md is not used, because ASSISTANT_ID names an assistant with its own');
  return new Knowledge({
    settings: { ...others, entries: named },
    tools: params.tools ?? [],
    client,
    server,
    store,
    log,
  });
}
