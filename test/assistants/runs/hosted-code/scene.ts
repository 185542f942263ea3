import type OpenAI from 'openai';
import type { Message } from 'openai/resources/beta/threads/messages';
import { onTestFinished } from 'vitest';
import { Containers } from '../../../../src/assistants/code-interpreter/hosted/containers.ts';
import { ContainersApi } from '../../../../src/assistants/code-interpreter/hosted/containers-api.ts';
import { HostedInterpreter } from '../../../../src/assistants/code-interpreter/hosted/hosted-interpreter.ts';
import { LeftBehind } from '../../../../src/assistants/code-interpreter/hosted/left-behind.ts';
import type { Model } from '../../../../src/assistants/models/model.ts';
import { responsesModel } from '../../../../src/assistants/models/responses.ts';
import type { RawReply, Reply } from '../../../sim/model-server.ts';
import { type ResponsesOptions, type ResponsesServer, startResponses } from '../../../sim/responses.ts';
import { ScriptedInterpreter } from '../../../sim/scripted-interpreter.ts';
import { openApi, type TestApi } from '../assistants-api.ts';
import { sharedStore } from '../processes.ts';

export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

/** Sent with a fault, so that nobody waits long for another try. */
export const AT_ONCE = { 'retry-after-ms': '1' };

export const LIMITED: RawReply = {
  status: 429,
  headers: AT_ONCE,
  body: { error: { message: 'Rate limit reached.', type: 'requests', code: 'rate_limit_exceeded' } },
};

export type Api = TestApi<Model> & { problems: string[] };

/** A provider, and processes of one server whose code is to run there. */
export async function scene(options: ResponsesOptions = {}, ...replies: (Reply | RawReply)[]) {
  const server = await startResponses({ models: ['scripted'], ...options });
  onTestFinished(() => server.close());
  server.next(...replies);
  const processes = sharedStore();
  /** `isBehind`: its clock stands still, so that it is the provider who says that a container is gone. */
  const open = ({ background = false, isBehind = false } = {}) => {
    const process = processes();
    const provider = { baseURL: server.url, apiKey: 'sk-test-0123456789', retryDelayMs: 2 };
    const containers = new Containers({
      api: new ContainersApi(provider),
      kept: process.keyv('containers'),
      now: () => (isBehind ? 0 : server.containers.now),
    });
    const problems: string[] = [];
    const onProblem = (error: unknown) => void problems.push(String(error));
    const model = responsesModel({ ...provider, background, containers, onProblem });
    const interpreter = new ScriptedInterpreter();
    const codeInterpreter = new HostedInterpreter(interpreter, new LeftBehind(containers));
    const opened = openApi(model, { keyv: process.keyv, interpreter, codeInterpreter, checkpointMs: 1 });
    opened.state.containers = containers;
    const api: Api = { ...opened, problems };
    return { process, api };
  };
  return { server, open };
}

/** A thread of the assistant, and what it is asked. */
export async function thread({ client }: { client: OpenAI }, question = 'Hello?', files: string[] = []) {
  const assistant = await client.beta.assistants.create({
    model: 'scripted',
    instructions: 'Be brief.',
    tools: [
      { type: 'code_interpreter' },
      { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } },
    ],
  });
  const { id: threadId } = await client.beta.threads.create();
  const ask = { assistant_id: assistant.id };
  await add({ client }, threadId, question, files);
  return { threadId, ask };
}

export async function add(
  { client }: { client: OpenAI },
  threadId: string,
  content: string,
  files: string[] = [],
) {
  const attachments = files.map((file_id) => ({ file_id, tools: [{ type: 'code_interpreter' as const }] }));
  return client.beta.threads.messages.create(threadId, { role: 'user', content, attachments });
}

/** What is there when the run is over: itself, its steps and its messages. */
export async function over({ client }: { client: OpenAI }, threadId: string, runId: string) {
  const where = { thread_id: threadId };
  const run = await client.beta.threads.runs.poll(runId, where, { pollIntervalMs: 1 });
  const list = { ...where, order: 'asc' as const };
  const steps = await Array.fromAsync(client.beta.threads.runs.steps.list(runId, list));
  const messages = await Array.fromAsync(
    client.beta.threads.messages.list(threadId, { order: 'asc', run_id: runId }),
  );
  return { run, steps, messages };
}

/** Asks, and waits for the end. */
export async function answer(
  { client }: { client: OpenAI },
  threadId: string,
  ask: { assistant_id: string },
) {
  const { id } = await client.beta.threads.runs.create(threadId, ask);
  return over({ client }, threadId, id);
}

/** The calls of code in the steps, as clients see them, with the names of files in the place of ids. */
export async function codeIn({ state }: Api, steps: Awaited<ReturnType<typeof over>>['steps']) {
  const calls = steps.flatMap(({ step_details: details }) =>
    details.type === 'tool_calls' ? details.tool_calls : [],
  );
  const told = calls.map(async (call) => {
    if (call.type !== 'code_interpreter') return { type: call.type };
    const { input, outputs } = call.code_interpreter;
    const shown = outputs.map(async (output) =>
      output.type === 'logs'
        ? output.logs
        : { image: (await state.files.get(output.image.file_id))?.filename },
    );
    return { input, outputs: await Promise.all(shown) };
  });
  return Promise.all(told);
}

/** What a message shows and carries, with the names of files in the place of ids. */
export async function shownIn({ state }: Api, { content, attachments }: Message) {
  const nameOf = async (id = '') => (await state.files.get(id))?.filename;
  const parts = content.map(async (part) => {
    if (part.type === 'image_file') return { image: await nameOf(part.image_file.file_id) };
    if (part.type !== 'text') return part.type;
    const links = part.text.annotations.map(async (annotation) =>
      annotation.type === 'file_path'
        ? { [annotation.text]: await nameOf(annotation.file_path.file_id) }
        : annotation.type,
    );
    return { text: part.text.value, links: await Promise.all(links) };
  });
  return {
    content: await Promise.all(parts),
    attached: await Promise.all((attachments ?? []).map(({ file_id: id }) => nameOf(id))),
  };
}

/** The bodies of the requests for answers. */
export function asked({ requests }: ResponsesServer): Record<string, unknown>[] {
  return requests
    .filter(({ path, method }) => path === '/v1/responses' && method === 'POST')
    .map(({ body }) => body);
}
