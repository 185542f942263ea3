import { expect, onTestFinished } from 'vitest';
import type { Model } from '../../../../src/assistants/models/model.ts';
import { responsesModel } from '../../../../src/assistants/models/responses.ts';
import type { Reply } from '../../../sim/model-server.ts';
import { type ResponsesOptions, type ResponsesServer, startResponses } from '../../../sim/responses.ts';
import { ScriptedInterpreter, type ScriptedResult } from '../../../sim/scripted-interpreter.ts';
import { conversation, openApi, type TestApi } from '../assistants-api.ts';
import { type Process, sharedStore } from '../processes.ts';

/** An answer, piece by piece. */
export const CHUNK = ['Once ', 'upon ', 'a ', 'time.'];

/** The frames that come before the first word: created, queued, in_progress, and the message with its part. */
export const BEFORE_WORDS = 5;

/** The same for the arguments of a call. */
export const BEFORE_ARGUMENTS = 4;

/** A reply that calls code. */
export const code = (text: string, more: Partial<Reply> = {}): Reply => ({
  ...more,
  toolCalls: [
    { id: `call_${text}`, name: 'code_interpreter', arguments: ['{"co', 'de":', ` "${text}`, '"}'] },
  ],
});

/** Holds a reply back before a frame until it is let go. */
export function held(reply: Reply, frame: number): { reply: Reply; go: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { reply: { ...reply, trouble: { waitAt: { frame, for: promise } } }, go: resolve };
}

/** A provider, and processes of one server that has its answers made there in the background. */
export async function scene(...replies: Reply[]) {
  const parts = await sceneOf();
  parts.server.next(...replies);
  return parts;
}

/** The same with a provider of another kind. */
export async function sceneOf(options: ResponsesOptions = {}) {
  const server = await startResponses({ models: ['scripted'], ...options });
  onTestFinished(() => server.close());
  const processes = sharedStore();
  const open = (codes: Record<string, ScriptedResult> = {}, background = true, url = server.url) => {
    const process = processes();
    const model = responsesModel({ baseURL: url, apiKey: 'sk-test', background, retryDelayMs: 2 });
    const interpreter = new ScriptedInterpreter(codes);
    return { process, api: openApi(model, { keyv: process.keyv, interpreter, checkpointMs: 1 }) };
  };
  return { server, open };
}

/** A run, and who has begun it. */
export interface Begun {
  api: TestApi<Model>;
  process: Process;
  threadId: string;
  id: string;
}

/** A run that another process than the one that is given has to go on with. */
export async function begun(
  { api, process }: Pick<Begun, 'api' | 'process'>,
  run: object = {},
): Promise<Begun> {
  const { threadId, ask } = await conversation(api);
  const { id } = await api.client.beta.threads.runs.create(threadId, { ...ask, ...run });
  return { api, process, threadId, id };
}

/** The run at its end, whoever carries it there, with its steps. */
export async function finished({ client }: TestApi<Model>, { threadId, id }: Begun) {
  const where = { thread_id: threadId };
  const run = await client.beta.threads.runs.poll(id, where, { pollIntervalMs: 1 });
  const steps = await Array.fromAsync(client.beta.threads.runs.steps.list(id, { ...where, order: 'asc' }));
  return { run, steps };
}

/** How many answers were asked for. */
export const created = ({ requests }: ResponsesServer) =>
  requests.filter(({ path }) => path === '/v1/responses').length;

/** The answer's id is kept. */
export const isKnown = async ({ api, id }: Begun) => (await api.state.resumable.get(id)) !== undefined;

/** The words are kept in the thread's last message. */
export const isWritten =
  (words: string) =>
  async ({ api, threadId }: Begun) =>
    JSON.stringify((await api.state.messages.last(threadId))?.content).includes(words);

/** The words are kept in the run's last step. */
export const isCalled =
  (words: string) =>
  async ({ api, id }: Begun) =>
    JSON.stringify((await api.state.steps.last(id))?.step_details).includes(words);

export async function until(isReached: () => unknown): Promise<void> {
  await expect.poll(async () => Boolean(await isReached())).toBe(true);
}
