import { BadRequestError, NotFoundError } from 'openai';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { expect, test } from 'vitest';
import { all, openApi } from './client.ts';
import { aMessageStep, aRun } from './objects.ts';

test('a thread can be made of nothing', async () => {
  const { client } = openApi();
  const thread = await client.beta.threads.create();
  expect(thread).toEqual({
    id: expect.stringMatching(/^thread_[A-Za-z0-9]{24}$/),
    object: 'thread',
    created_at: expect.any(Number),
    metadata: {},
    tool_resources: {},
  });
  expect(await client.beta.threads.retrieve(thread.id)).toEqual(thread);
});

test('a thread begins with the messages it is given, in their order', async () => {
  const { client } = openApi();
  const { id } = await client.beta.threads.create({
    messages: [
      { role: 'user', content: 'one' },
      { role: 'assistant', content: [{ type: 'text', text: 'two' }] },
      { role: 'user', content: 'three', metadata: { n: '3' } },
    ],
    metadata: { from: 'test' },
  });
  const messages = await all(client.beta.threads.messages.list(id, { order: 'asc' }));
  expect(messages.map(({ role, content, metadata }) => [role, content, metadata])).toEqual([
    ['user', [{ type: 'text', text: { value: 'one', annotations: [] } }], {}],
    ['assistant', [{ type: 'text', text: { value: 'two', annotations: [] } }], {}],
    ['user', [{ type: 'text', text: { value: 'three', annotations: [] } }], { n: '3' }],
  ]);
});

test('a mistake in one of its messages keeps the whole thread from being made', async () => {
  const { client } = openApi();
  const messages = [
    { role: 'user' as const, content: 'fine' },
    { role: 'user' as const, content: '' },
  ];
  const failure = client.beta.threads.create({ messages });
  await expect(failure).rejects.toThrow(BadRequestError);
  await expect(failure).rejects.toMatchObject({
    message: '400 Message content must be non-empty.',
    param: 'messages[1].content',
  });
});

test('an update replaces the metadata and the resources that it names', async () => {
  const { client } = openApi();
  const file = await client.files.create({ file: new File(['1,2'], 'a.csv'), purpose: 'assistants' });
  const thread = await client.beta.threads.create({ metadata: { a: '1' } });
  const resources = { code_interpreter: { file_ids: [file.id] } };
  await client.beta.threads.update(thread.id, { tool_resources: resources });
  expect(await client.beta.threads.update(thread.id, { metadata: { b: '2' } })).toEqual({
    ...thread,
    metadata: { b: '2' },
    tool_resources: resources,
  });
  expect((await client.beta.threads.update(thread.id, { metadata: null })).metadata).toEqual({});
});

test('what messages attach for the code interpreter becomes the thread’s, as soon as they are there', async () => {
  const { client } = openApi();
  const upload = async (name: string) =>
    (await client.files.create({ file: new File(['1,2'], name), purpose: 'assistants' })).id;
  const [own, first, second, other] = [
    await upload('own.csv'),
    await upload('1.csv'),
    await upload('2.csv'),
    await upload('3.csv'),
  ];
  const forCode = (file_id: string) => ({ file_id, tools: [{ type: 'code_interpreter' as const }] });
  const thread = await client.beta.threads.create({
    tool_resources: { code_interpreter: { file_ids: [own] } },
    messages: [{ role: 'user', content: 'one', attachments: [forCode(first)] }],
  });
  expect(thread.tool_resources).toEqual({ code_interpreter: { file_ids: [own, first] } });
  await client.beta.threads.messages.create(thread.id, {
    role: 'user',
    content: 'two',
    attachments: [forCode(second), forCode(first), { file_id: other }],
  });
  expect((await client.beta.threads.retrieve(thread.id)).tool_resources).toEqual({
    code_interpreter: { file_ids: [own, first, second] },
  });
});

test('nothing can be done with a thread that never was', async () => {
  const { client } = openApi();
  const message = "404 No thread found with id 'thread_x'.";
  await expect(client.beta.threads.retrieve('thread_x')).rejects.toThrow(NotFoundError);
  await expect(client.beta.threads.retrieve('thread_x')).rejects.toThrow(message);
  await expect(client.beta.threads.update('thread_x', {})).rejects.toThrow(message);
  await expect(client.beta.threads.delete('thread_x')).rejects.toThrow(message);
  const { messages } = client.beta.threads;
  await expect(messages.create('thread_x', { role: 'user', content: 'hi' })).rejects.toThrow(message);
  await expect(messages.list('thread_x')).rejects.toThrow(message);
  await expect(messages.retrieve('msg_x', { thread_id: 'thread_x' })).rejects.toThrow(message);
});

test('a deleted thread is gone with its messages, runs and run steps', async () => {
  const { client, state } = openApi();
  const { id } = await client.beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
  const [message] = await all(client.beta.threads.messages.list(id));
  const run = aRun(id);
  const step: RunStep = aMessageStep(run, message?.id ?? '');
  await state.runs.append(id, run);
  await state.steps.append(run.id, step);

  expect(await client.beta.threads.delete(id)).toEqual({ id, object: 'thread.deleted', deleted: true });

  const gone = `404 No thread found with id '${id}'.`;
  await expect(client.beta.threads.retrieve(id)).rejects.toThrow(gone);
  await expect(client.beta.threads.messages.list(id)).rejects.toThrow(gone);
  await expect(client.beta.threads.delete(id)).rejects.toThrow(gone);
  expect(await state.messages.get(message?.id ?? '')).toBeUndefined();
  expect(await state.runs.get(run.id)).toBeUndefined();
  expect(await state.steps.get(step.id)).toBeUndefined();
});

test('a thread with an active run cannot be deleted', async () => {
  const { client, active } = openApi();
  const { id } = await client.beta.threads.create();
  const run = aRun(id, { status: 'in_progress' });
  active.set(id, run);
  await expect(client.beta.threads.delete(id)).rejects.toThrow(
    `400 Can't delete ${id} while a run ${run.id} is active.`,
  );
  active.clear();
  expect((await client.beta.threads.delete(id)).deleted).toBe(true);
});
