import { APIConnectionError, APIError, OpenAI } from 'openai';
import { findAssistant } from '../../assistant.ts';
import { Problem } from '../../problem.ts';
import type { Settings } from '../../settings/settings.ts';
import { type Finding, well } from './finding.ts';

/** For an answer, in ms. */
const PATIENCE_MS = 10_000;

/** Looks whether the other Assistants server lets Bobbin in, and has the assistant that was named. */
export async function* examineAssistantsServer(
  baseURL: string,
  { apiKey = 'none', assistantId }: Settings['assistants'],
): AsyncGenerator<Finding> {
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: PATIENCE_MS, logLevel: 'off' });
  const problem = (reason: string, cause?: unknown) =>
    new Problem(`ASSISTANTS_BASE_URL, ${baseURL}, ${reason}. Check it and ASSISTANTS_API_KEY.`, { cause });
  // The SDK's own list would be empty for whatever is none, such as a web page.
  const headers = { 'OpenAI-Beta': 'assistants=v2' };
  const page = await client
    .get<{ data?: unknown }>('/assistants?limit=1', { headers })
    .catch((error: unknown) => {
      if (!(error instanceof APIError)) throw error;
      const isUnreachable = error instanceof APIConnectionError;
      throw problem(isUnreachable ? 'could not be reached' : `answered: ${error.message}`, error);
    });
  if (!Array.isArray(page.data)) throw problem('answers, but not as an Assistants server');
  yield well(`${baseURL} lets Bobbin in.`);
  if (assistantId === undefined) return;
  await findAssistant(client, assistantId);
  yield well(`It has the assistant ${assistantId}.`);
}
