import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type OpenAI from 'openai';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { expect, onTestFinished, test } from 'vitest';
import { demoModel } from '../../../src/assistants/models/demo.ts';
import type { Model } from '../../../src/assistants/models/model.ts';
import { openHttp } from '../../../src/operations/http.ts';
import type { Reply } from '../../sim/model-server.ts';
import { clientOf } from '../client.ts';
import { chat, responses } from '../models/servers.ts';
import { file, openScene, uploaded } from './scene.ts';

const README = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');

/** The API over a socket, as `serve` offers it, with an assistant that searches this project's own README. */
async function serving(model: Model) {
  const scene = openScene({ model });
  const http = await openHttp({
    port: 0,
    hostname: '127.0.0.1',
    ready: () => true,
    assistants: scene.assistants.handle,
  });
  onTestFinished(() => http.close());
  const client = clientOf({ baseURL: `http://127.0.0.1:${http.port}/v1` });
  const store = await client.vectorStores.create({ name: 'docs' });
  await client.vectorStores.files.uploadAndPoll(store.id, file(README, 'README.md'), { pollIntervalMs: 5 });
  const { id } = await client.beta.assistants.create({
    model: 'sim-small',
    tools: [{ type: 'file_search' }],
    tool_resources: { file_search: { vector_store_ids: [store.id] } },
  });
  return { ...scene, client, assistantId: id };
}

/** What a question is answered, with its citations, and the headings of what was found. */
async function asked(client: OpenAI, assistant_id: string, threadId: string, question: string) {
  const { runs, messages } = client.beta.threads;
  await messages.create(threadId, { role: 'user', content: question });
  const stream = runs.stream(threadId, { assistant_id });
  const run = await stream.finalRun();
  expect(run).toMatchObject({ status: 'completed', last_error: null });
  const steps = await runs.steps.list(run.id, { thread_id: threadId, order: 'asc' });
  const [part] = (await stream.finalMessages()).at(-1)?.content ?? [];
  if (part?.type !== 'text') throw new Error('Nothing was said.');
  const { value, annotations } = part.text;
  for (const { text, start_index, end_index } of annotations)
    expect(value.slice(start_index, end_index)).toBe(text);
  return { value, annotations, results: steps.data.flatMap(resultsIn) };
}

function resultsIn({ step_details: details }: RunStep) {
  const calls = details.type === 'tool_calls' ? details.tool_calls : [];
  return calls.flatMap((call) => (call.type === 'file_search' ? (call.file_search.results ?? []) : []));
}

test('a question about this project is answered from its README, offline, with the heading that it stands under', async () => {
  const { client, assistantId } = await serving(demoModel({ wordDelayMs: 0 }));
  const { id } = await client.beta.threads.create();
  const answer = await asked(client, assistantId, id, 'Which Python packages can the code interpreter use?');
  expect(answer.value).toMatch(/^From \*\*README\.md › /);
  expect(answer.annotations[0]).toMatchObject({ type: 'file_citation' });
  const unknown = await asked(client, assistantId, id, 'Who won the regatta at Henley in 1908?');
  expect(unknown.value).toMatch(/^I don't know/);
});

test('what is attached in one thread is found in its next run there, and in no other thread', async () => {
  const { client, assistantId } = await serving(demoModel({ wordDelayMs: 0 }));
  const secret = await uploaded(client, '# Plans\n\nThe aardvark project begins on Monday.', 'plans.md');
  const attachments = [{ file_id: secret, tools: [{ type: 'file_search' as const }] }];
  const messages = [{ role: 'user' as const, content: 'Here are our plans.', attachments }];
  const one = await client.beta.threads.create({ messages });
  const other = await client.beta.threads.create();
  const question = 'When does the aardvark project begin?';
  const found = await asked(client, assistantId, one.id, question);
  expect(found.value).toContain('> The aardvark project begins on Monday. 【1:1†plans.md】');
  expect((await asked(client, assistantId, other.id, question)).value).toMatch(/^I don't know/);
});

const answer = (body: Record<string, unknown>): Reply => {
  const told = JSON.stringify(body).includes('Passages from documents');
  if (told) return { text: ['By ', '`npm start`【1:', '1†README', '.md】', ', and no more.'] };
  return { toolCalls: [{ name: 'file_search', arguments: ['{"queries":["how to ', 'start the bot"]}'] }] };
};

test.each([
  ['Chat Completions', () => chat({ answer })],
  ['Chat Completions of Ollama', () => chat({ answer, quirks: 'ollama' })],
  ['Responses', () => responses({ answer })],
] as const)('a model behind %s searches and cites alike', async (_, start) => {
  const { model, server } = await start();
  const { client, assistantId } = await serving(model);
  const { id } = await client.beta.threads.create();
  const { value, annotations, results } = await asked(client, assistantId, id, 'How do I start it?');
  expect(value).toBe('By `npm start`【1:1†README.md】, and no more.');
  expect(annotations).toMatchObject([{ type: 'file_citation', text: '【1:1†README.md】' }]);
  expect(results[0]).toMatchObject({ file_name: 'README.md', headings: expect.any(Array) });
  // It is this server's own search, and not the provider's.
  expect(server.requests.flatMap(({ body }) => JSON.stringify(body.tools ?? []))).not.toContainEqual(
    expect.stringMatching(/"type":"file_search"|vector_store/),
  );
});
