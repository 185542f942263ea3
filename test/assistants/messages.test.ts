import { BadRequestError } from 'openai';
import type { Message, MessageListParams } from 'openai/resources/beta/threads/messages';
import { describe, expect, test } from 'vitest';
import { newMessage } from '../../src/assistants/message.ts';
import { type Api, all, openApi } from './client.ts';
import { aMessageStep, aRun } from './objects.ts';

async function openThread(api = openApi()) {
  const { id } = await api.client.beta.threads.create();
  return { ...api, id, messages: api.client.beta.threads.messages };
}

const textOf = (message: Message) =>
  message.content.map((part) => (part.type === 'text' ? part.text.value : part.type)).join('|');

test('a message is answered whole and found again', async () => {
  const { id, messages } = await openThread();
  const created = await messages.create(id, { role: 'user', content: 'Hello', metadata: { a: 'b' } });
  expect(created).toEqual({
    id: expect.stringMatching(/^msg_[A-Za-z0-9]{24}$/),
    object: 'thread.message',
    created_at: expect.any(Number),
    completed_at: created.created_at,
    incomplete_at: null,
    incomplete_details: null,
    thread_id: id,
    status: 'completed',
    role: 'user',
    content: [{ type: 'text', text: { value: 'Hello', annotations: [] } }],
    assistant_id: null,
    run_id: null,
    attachments: [],
    metadata: { a: 'b' },
  });
  expect(await messages.retrieve(created.id, { thread_id: id })).toEqual(created);
});

test('a message holds texts, images and files', async () => {
  const { client, id, messages } = await openThread();
  const file = await client.files.create({ file: new File(['x'], 'x.png'), purpose: 'vision' });
  const url = 'data:image/png;base64,AAAA';
  const created = await messages.create(id, {
    role: 'user',
    content: [
      { type: 'text', text: 'look' },
      { type: 'image_url', image_url: { url } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
      { type: 'image_file', image_file: { file_id: file.id } },
    ],
    attachments: [{ file_id: file.id, tools: [{ type: 'code_interpreter' }] }],
  });
  expect(created.content).toEqual([
    { type: 'text', text: { value: 'look', annotations: [] } },
    { type: 'image_url', image_url: { url, detail: 'auto' } },
    { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
    { type: 'image_file', image_file: { file_id: file.id, detail: 'auto' } },
  ]);
  expect(created.attachments).toEqual([{ file_id: file.id, tools: [{ type: 'code_interpreter' }] }]);
});

test('a file that does not exist is refused, as attachment and as image', async () => {
  const { id, messages } = await openThread();
  const refused = "400 No file found with id 'file-x'.";
  await expect(
    messages.create(id, { role: 'user', content: 'a', attachments: [{ file_id: 'file-x' }] }),
  ).rejects.toThrow(refused);
  await expect(
    messages.create(id, {
      role: 'user',
      content: [{ type: 'image_file', image_file: { file_id: 'file-x' } }],
    }),
  ).rejects.toThrow(refused);
});

test('the metadata of a message can be changed, the rest stays', async () => {
  const { id, messages } = await openThread();
  const created = await messages.create(id, { role: 'user', content: 'Hello' });
  const updated = await messages.update(created.id, { thread_id: id, metadata: { seen: 'yes' } });
  expect(updated).toEqual({ ...created, metadata: { seen: 'yes' } });
  expect(await messages.retrieve(created.id, { thread_id: id })).toEqual(updated);
});

test('a message is found in its own thread only', async () => {
  const { client, id, messages } = await openThread();
  const other = await client.beta.threads.create();
  const { id: messageId } = await messages.create(id, { role: 'user', content: 'Hello' });
  const missing = `404 No message found with id '${messageId}'.`;
  await expect(messages.retrieve(messageId, { thread_id: other.id })).rejects.toThrow(missing);
  await expect(messages.update(messageId, { thread_id: other.id })).rejects.toThrow(missing);
  await expect(messages.delete(messageId, { thread_id: other.id })).rejects.toThrow(missing);
  expect((await messages.retrieve(messageId, { thread_id: id })).id).toBe(messageId);
});

test('a deleted message leaves the list and is not found', async () => {
  const { id, messages } = await openThread();
  const first = await messages.create(id, { role: 'user', content: 'one' });
  const second = await messages.create(id, { role: 'user', content: 'two' });
  expect(await messages.delete(first.id, { thread_id: id })).toEqual({
    id: first.id,
    object: 'thread.message.deleted',
    deleted: true,
  });
  await expect(messages.retrieve(first.id, { thread_id: id })).rejects.toThrow(
    `404 No message found with id '${first.id}'.`,
  );
  expect(await all(messages.list(id))).toEqual([second]);
});

describe('The list of messages', () => {
  const texts = Array.from({ length: 47 }, (_, i) => `message ${i}`);

  async function longThread(): Promise<Awaited<ReturnType<typeof openThread>> & { list: Message[] }> {
    const thread = await openThread();
    const list: Message[] = [];
    for (const content of texts)
      list.push(await thread.messages.create(thread.id, { role: 'user', content }));
    return { ...thread, list };
  }

  test('is paged by the SDK in both orders', async () => {
    const { id, messages } = await longThread();
    expect((await all(messages.list(id, { order: 'asc', limit: 10 }))).map(textOf)).toEqual(texts);
    expect((await all(messages.list(id, { limit: 9 }))).map(textOf)).toEqual(texts.toReversed());
    expect((await messages.list(id)).data).toHaveLength(20);
  });

  test('is cut by cursors', async () => {
    const { id, messages, list } = await longThread();
    const at = (n: number) => list[n]?.id ?? '';
    const after = await messages.list(id, { order: 'asc', after: at(10), limit: 3 });
    expect(after.data.map(textOf)).toEqual(['message 11', 'message 12', 'message 13']);
    const before = await messages.list(id, { order: 'asc', before: at(10), limit: 3 });
    expect(before.data.map(textOf)).toEqual(['message 7', 'message 8', 'message 9']);
    const between = await messages.list(id, { order: 'desc', after: at(5), before: at(2), limit: 100 });
    expect(between.data.map(textOf)).toEqual(['message 4', 'message 3']);
    expect((await messages.list(id, { after: 'msg_unknown' })).data).toEqual([]);
  });

  test('can be emptied while it is paged through', async () => {
    const { id, messages } = await longThread();
    for await (const message of messages.list(id, { limit: 5 }))
      await messages.delete(message.id, { thread_id: id });
    expect(await all(messages.list(id))).toEqual([]);
  });

  test('carries its cursors', async () => {
    const api = openApi();
    const { id, messages } = await openThread(api);
    const list = async () =>
      (
        await api.fetch(`http://bobbin/v1/threads/${id}/messages`, {
          headers: { 'openai-beta': 'assistants=v2' },
        })
      ).json();
    expect(await list()).toEqual({
      object: 'list',
      data: [],
      first_id: null,
      last_id: null,
      has_more: false,
    });
    const one = await messages.create(id, { role: 'user', content: 'one' });
    const two = await messages.create(id, { role: 'user', content: 'two' });
    expect(await list()).toMatchObject({ first_id: two.id, last_id: one.id, has_more: false });
  });

  test('gives the messages of one run alone', async () => {
    const { id, messages, state } = await openThread();
    const run = aRun(id);
    await messages.create(id, { role: 'user', content: 'question' });
    for (const text of ['first', 'second', 'third']) {
      const message = { ...newMessage(id, { role: 'assistant', content: text }), run_id: run.id };
      await state.messages.append(id, message);
      await state.steps.append(run.id, aMessageStep(run, message.id));
    }
    await messages.create(id, { role: 'user', content: 'another question' });
    const texts = async (query: MessageListParams) => (await all(messages.list(id, query))).map(textOf);
    expect(await texts({ run_id: run.id, order: 'asc' })).toEqual(['first', 'second', 'third']);
    expect(await texts({ run_id: run.id, limit: 1 })).toEqual(['third', 'second', 'first']);
    expect(await texts({ run_id: 'run_unknown' })).toEqual([]);
  });

  test.each([
    [
      'limit=0',
      "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
      'integer_below_min_value',
      'limit',
    ],
    [
      'limit=101',
      "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
      'integer_above_max_value',
      'limit',
    ],
    [
      'limit=many',
      "Invalid type for 'limit': expected an integer, but got a string instead.",
      'invalid_type',
      'limit',
    ],
    [
      'limit=1.5',
      "Invalid type for 'limit': expected an integer, but got a decimal number instead.",
      'invalid_type',
      'limit',
    ],
    ['order=up', "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.", 'invalid_value', 'order'],
  ])('refuses %s', async (query, message, code, param) => {
    const { id, client } = await openThread();
    const failure = client.get(`/threads/${id}/messages?${query}`, {
      headers: { 'OpenAI-Beta': 'assistants=v2' },
    });
    await expect(failure).rejects.toThrow(BadRequestError);
    await expect(failure).rejects.toMatchObject({ status: 400, error: { message, code, param } });
  });
});

test('a message cannot be added while a run is active, and can be afterwards', async () => {
  const { id, messages, active } = await openThread();
  const run = aRun(id, { status: 'requires_action' });
  active.set(id, run);
  await expect(messages.create(id, { role: 'user', content: 'hi' })).rejects.toThrow(
    `400 Can't add messages to ${id} while a run ${run.id} is active.`,
  );
  active.clear();
  expect(textOf(await messages.create(id, { role: 'user', content: 'hi' }))).toBe('hi');
  expect(await all(messages.list(id))).toHaveLength(1);
});

test('two clients that post at once lose nothing', async () => {
  const api: Api = openApi();
  const { id, messages } = await openThread(api);
  const contents = Array.from({ length: 100 }, (_, i) => `message ${i}`);
  await Promise.all(contents.map((content) => messages.create(id, { role: 'user', content })));
  const kept = await all(messages.list(id, { limit: 100 }));
  expect(kept.map(textOf).sort()).toEqual([...contents].sort());
});

test('control characters stay, and what no store can keep is mended', async () => {
  const { id, messages } = await openThread();
  const content = 'bell \u0007, tab \t, NUL \0, half a pair \ud83d, 😀';
  const { id: messageId } = await messages.create(id, {
    role: 'user',
    content,
    metadata: { 'k\0': 'v\ud800' },
  });
  const kept = await messages.retrieve(messageId, { thread_id: id });
  expect(textOf(kept)).toBe('bell \u0007, tab \t, NUL , half a pair \ufffd, 😀');
  expect(kept.metadata).toEqual({ k: 'v\ufffd' });
});

test('a message takes 256,000 characters and not one more', async () => {
  const { id, messages } = await openThread();
  const longest = 'é'.repeat(256_000);
  expect(textOf(await messages.create(id, { role: 'user', content: longest }))).toBe(longest);
  await expect(messages.create(id, { role: 'user', content: 'x'.repeat(1_048_576) })).rejects.toThrow(
    "400 Invalid 'content': string too long. Expected a string with maximum length 256000, but got a string with length 1048576 instead.",
  );
  await expect(
    messages.create(id, { role: 'user', content: [{ type: 'text', text: `${longest}!` }] }),
  ).rejects.toMatchObject({ param: 'content[0].text', code: 'string_above_max_length' });
});
