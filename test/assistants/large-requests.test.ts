import type { FileObject } from 'openai/resources/files';
import { describe, expect, test } from 'vitest';
import { openState, ROOT, type State } from '../../src/assistants/state.ts';
import { roundsDuring } from '../event-loop.ts';
import { ScriptedModel, says } from '../sim/scripted-model.ts';
import { all } from './client.ts';
import { openScene } from './file-search/scene.ts';
import { conversation, memoryStore, openApi } from './runs/assistants-api.ts';

const ask = (content = 'Why?') => ({ role: 'user' as const, content });
const many = <T>(count: number, item: T): T[] => Array(count).fill(item);
const tooLong = (param: string, most: number, length: number) =>
  `400 Invalid '${param}': array too long. Expected an array with maximum length ${most}, but got an array with length ${length} instead.`;

describe('of a list that is longer than the API takes nothing is kept', () => {
  test('messages with a run', async () => {
    const api = openApi(new ScriptedModel(says('Because.')));
    const { threadId, ask: run } = await conversation(api);
    const additional_messages = many(3_000, ask());
    await expect(
      api.client.beta.threads.runs.create(threadId, { ...run, additional_messages }),
    ).rejects.toThrow(tooLong('additional_messages', 32, 3_000));
    expect(await all(api.client.beta.threads.messages.list(threadId))).toHaveLength(1);
    expect(await all(api.client.beta.threads.runs.list(threadId))).toEqual([]);
    expect(api.model.requests).toEqual([]);
  });

  const file_id = 'file-x';
  const image = { type: 'image_file' as const, image_file: { file_id } };
  const tool = { type: 'code_interpreter' as const };
  test.each([
    ['messages', { messages: many(33, ask()) }, 'messages', 32, 33],
    ['messages, of which every one is wrong', { messages: many(50_000, 1 as never) }, 'messages', 32, 50_000],
    [
      'pieces of a message',
      { messages: [{ ...ask(), content: many(251, image) }] },
      'messages[0].content',
      250,
      251,
    ],
    [
      'attachments',
      { messages: [{ ...ask(), attachments: many(21, { file_id }) }] },
      'messages[0].attachments',
      20,
      21,
    ],
    [
      'tools of an attachment',
      { messages: [{ ...ask(), attachments: [{ file_id, tools: many(129, tool) }] }] },
      'messages[0].attachments[0].tools',
      128,
      129,
    ],
    [
      'files',
      { tool_resources: { code_interpreter: { file_ids: many(21, file_id) } } },
      'tool_resources.code_interpreter.file_ids',
      20,
      21,
    ],
    [
      'files of a vector store',
      { tool_resources: { file_search: { vector_stores: [{ file_ids: many(10_001, file_id) }] } } },
      'tool_resources.file_search.vector_stores[0].file_ids',
      10_000,
      10_001,
    ],
  ])('a thread with %s', async (_, thread, param, most, length) => {
    const { client } = openApi(new ScriptedModel());
    await expect(client.beta.threads.create(thread)).rejects.toThrow(tooLong(param, most, length));
  });

  test('outputs of calls, and tools', async () => {
    const api = openApi(new ScriptedModel(says('Because.')));
    const { threadId, ask: run } = await conversation(api);
    const { id } = await api.client.beta.threads.runs.create(threadId, run);
    const tool_outputs = many(129, { tool_call_id: 'call_x', output: '' });
    await expect(
      api.client.beta.threads.runs.submitToolOutputs(id, { thread_id: threadId, tool_outputs }),
    ).rejects.toThrow(tooLong('tool_outputs', 128, 129));
    await expect(
      api.client.beta.assistants.create({ model: 'm', tools: many(129, { type: 'code_interpreter' }) }),
    ).rejects.toThrow(tooLong('tools', 128, 129));
  });
});

/** Keyvs in memory that can't write down which messages a thread has while the disk is full. */
function fillingStore() {
  const disk = { isFull: false };
  const open = memoryStore();
  const keyv = <T>(namespace: string) => {
    const opened = open<T>(namespace);
    const setMany = opened.setMany.bind(opened);
    opened.setMany = async (entries) => {
      if (disk.isFull && namespace === 'messages-places') throw new Error('The disk is full.');
      return setMany(entries);
    };
    return opened;
  };
  return { disk, keyv };
}

test('as many messages as the API takes come with a run, all of them or none', async () => {
  const { disk, keyv } = fillingStore();
  const api = openApi(new ScriptedModel(says('Because.')), { keyv });
  const { threadId, ask: run } = await conversation(api);
  const { runs, messages } = api.client.beta.threads;
  const additional_messages = Array.from({ length: 32 }, (_, i) => ask(`message ${i}`));
  const create = () => runs.create(threadId, { ...run, additional_messages });
  disk.isFull = true;
  await expect(create()).rejects.toThrow('500');
  expect(await all(messages.list(threadId))).toHaveLength(1);

  disk.isFull = false;
  await runs.poll((await create()).id, { thread_id: threadId });
  const kept = await all(messages.list(threadId, { order: 'asc' }));
  expect(kept.map(({ content: [part] }) => part?.type === 'text' && part.text.value)).toEqual([
    'Hello?',
    ...additional_messages.map(({ content }) => content),
    'Because.',
  ]);
});

describe('others are served while', () => {
  async function withFiles(count: number) {
    const scene = openScene();
    const state = openState(scene.keyv);
    const ids = Array.from({ length: count }, (_, i) => `file-${i}`);
    await state.files.appendAll(ROOT, ids.map(aFile));
    return { ...scene, state, ids };
  }

  test.each<[string, (scene: Awaited<ReturnType<typeof withFiles>>) => Promise<unknown>]>([
    ['a long list is looked through', ({ client }) => all(client.files.list({ purpose: 'vision' }))],
    ['a long list is given', ({ client }) => client.files.list({ limit: 2_000 })],
    [
      'many files are brought together',
      async ({ client, ids, documents }) => {
        documents.hold();
        const { id } = await client.vectorStores.create({});
        await client.vectorStores.fileBatches.create(id, { file_ids: ids });
      },
    ],
    [
      'a thread gets many files',
      async ({ client, ids, documents }) => {
        documents.hold();
        const vector_stores = [{ file_ids: ids }];
        await client.beta.threads.create({ tool_resources: { file_search: { vector_stores } } });
      },
    ],
    [
      'a long thread is deleted',
      ({ client, state }) => longThread(state).then(client.beta.threads.delete.bind(client.beta.threads)),
    ],
  ])('%s', async (_, work) => {
    const scene = await withFiles(2_000);
    expect(await roundsDuring(() => work(scene))).toBeGreaterThanOrEqual(19);
  });
});

async function longThread(state: State): Promise<string> {
  const id = 'thread_long';
  await state.threads.put({ id, object: 'thread', created_at: 1, metadata: {}, tool_resources: {} });
  const messages = Array.from({ length: 2_000 }, (_, i) => ({ id: `msg_${i}`, thread_id: id }));
  await state.messages.appendAll(id, messages as never);
  return id;
}

function aFile(id: string): FileObject {
  const file = { id, filename: `${id}.txt`, bytes: 1, created_at: 1, purpose: 'assistants' as const };
  return { ...file, object: 'file', status: 'processed' };
}
