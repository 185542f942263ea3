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
  try {
    if (assistantId) await findAssistant(client, assistantId);
    else await client.beta.assistants.list({ limit: 1 });
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    const reason =
      error instanceof APIConnectionError ? 'could not be reached' : `answered: ${error.message}`;
    throw new Problem(`ASSISTANTS_BASE_URL, ${baseURL}, ${reason}. Check it and ASSISTANTS_API_KEY.`, {
      cause: error,
    });
  }
  yield well(`${baseURL} lets Bobbin in${assistantId ? `, and has the assistant ${assistantId}` : ''}.`);
}
