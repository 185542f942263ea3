import { NotFoundError } from 'openai';
import type { AssistantCreateParams } from 'openai/resources/beta/assistants';
import { expect, test } from 'vitest';
import { all, openApi } from './client.ts';

const full: AssistantCreateParams = {
  model: 'some-model',
  name: 'Helper',
  description: 'Helps.',
  instructions: 'Be kind.',
  tools: [
    { type: 'code_interpreter' },
    {
      type: 'function',
      function: { name: 'add', description: 'Adds.', parameters: { type: 'object' }, strict: true },
    },
  ],
  metadata: { team: 'support' },
  temperature: 0.2,
  top_p: 0.9,
  response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } },
  reasoning_effort: 'low',
};

test('an assistant is answered with everything it was created with, and found again', async () => {
  const { client } = openApi();
  const before = Math.floor(Date.now() / 1000);
  const created = await client.beta.assistants.create(full);
  expect(created).toEqual({
    id: expect.stringMatching(/^asst_[A-Za-z0-9]{24}$/),
    object: 'assistant',
    created_at: expect.any(Number),
    tool_resources: {},
    ...full,
  });
  expect(created.created_at).toBeGreaterThanOrEqual(before);
  expect(await client.beta.assistants.retrieve(created.id)).toEqual(created);
});

test('what is left out has the values of the API', async () => {
  const { client } = openApi();
  expect(await client.beta.assistants.create({ model: 'm' })).toEqual({
    id: expect.any(String),
    object: 'assistant',
    created_at: expect.any(Number),
    model: 'm',
    name: null,
    description: null,
    instructions: null,
    tools: [],
    tool_resources: {},
    metadata: {},
    temperature: null,
    top_p: null,
    response_format: 'auto',
    reasoning_effort: null,
  });
});

test('an update changes what it names and nothing else', async () => {
  const { client } = openApi();
  const created = await client.beta.assistants.create(full);
  const updated = await client.beta.assistants.update(created.id, {
    name: 'Other',
    tools: [],
    temperature: null,
  });
  expect(updated).toEqual({ ...created, name: 'Other', tools: [], temperature: null });
  expect(await client.beta.assistants.retrieve(created.id)).toEqual(updated);
});

test('a deleted assistant is found nowhere', async () => {
  const { client } = openApi();
  const { id } = await client.beta.assistants.create({ model: 'm' });
  expect(await client.beta.assistants.delete(id)).toEqual({ id, object: 'assistant.deleted', deleted: true });
  const message = `404 No assistant found with id '${id}'.`;
  await expect(client.beta.assistants.retrieve(id)).rejects.toThrow(NotFoundError);
  await expect(client.beta.assistants.retrieve(id)).rejects.toThrow(message);
  await expect(client.beta.assistants.update(id, { name: 'x' })).rejects.toThrow(message);
  await expect(client.beta.assistants.delete(id)).rejects.toThrow(message);
  expect(await all(client.beta.assistants.list())).toEqual([]);
});

test('the SDK pages through all assistants in both orders', async () => {
  const { client } = openApi();
  const names = Array.from({ length: 45 }, (_, i) => `assistant ${i}`);
  for (const name of names) await client.beta.assistants.create({ model: 'm', name });
  const oldestFirst = await all(client.beta.assistants.list({ order: 'asc', limit: 7 }));
  expect(oldestFirst.map(({ name }) => name)).toEqual(names);
  const newestFirst = await all(client.beta.assistants.list());
  expect(newestFirst.map(({ name }) => name)).toEqual(names.toReversed());
});

test('a file of the code interpreter must exist', async () => {
  const { client } = openApi();
  const tool_resources = { code_interpreter: { file_ids: ['file-none'] } };
  const missing = "400 No file found with id 'file-none'.";
  await expect(client.beta.assistants.create({ model: 'm', tool_resources })).rejects.toThrow(missing);
  const { id } = await client.beta.assistants.create({ model: 'm' });
  await expect(client.beta.assistants.update(id, { tool_resources })).rejects.toThrow(missing);
});
