import type OpenAI from 'openai';
import { expect, onTestFinished, test, vi } from 'vitest';
import { StoreSearch } from '../../../src/assistants/file-search/vector-stores/search.ts';
import { VectorStores } from '../../../src/assistants/file-search/vector-stores/vector-stores.ts';
import { ALONE } from '../../../src/assistants/runs/locks.ts';
import { openState } from '../../../src/assistants/state.ts';
import { namesFound, openScene, uploaded } from './scene.ts';

const NOBODY = { id: 'asst_none' };

const attaching = (file_id: string) => ({
  role: 'user' as const,
  content: 'Look at this.',
  attachments: [{ file_id, tools: [{ type: 'file_search' as const }] }],
});

const storesOf = async (client: OpenAI, id: string) =>
  (await client.beta.threads.retrieve(id)).tool_resources?.file_search?.vector_store_ids ?? [];

test("what a thread's messages attach is in a store of its own, which goes with it", async () => {
  const { client, search, passages } = searching();
  const [ann, bob, cid] = [
    await uploaded(client, 'Ann likes apples.', 'ann.txt'),
    await uploaded(client, 'Bob likes bananas.', 'bob.txt'),
    await uploaded(client, 'Cid likes cherries.', 'cid.txt'),
  ];
  const one = await client.beta.threads.create({ messages: [attaching(ann)] });
  const other = await client.beta.threads.create();
  await client.beta.threads.messages.create(other.id, attaching(bob));
  await client.beta.threads.messages.create(one.id, attaching(cid));
  const [store = ''] = await storesOf(client, one.id);
  expect(one.tool_resources).toEqual({ file_search: { vector_store_ids: [store] } });
  expect(await client.vectorStores.retrieve(store)).toMatchObject({
    expires_after: { anchor: 'last_active_at', days: 7 },
  });
  // What is attached is read meanwhile.
  await expect.poll(() => namesIn(search, one)).toEqual(['ann.txt', 'cid.txt']);
  expect(await namesIn(search, other)).toEqual(['bob.txt']);
  await client.beta.threads.delete(one.id);
  await expect(client.vectorStores.retrieve(store)).rejects.toThrow('404 No vector store found');
  expect(await passages()).toBe(1);
  expect(await namesIn(search, other)).toEqual(['bob.txt']);
  // The files stay, as in OpenAI's API.
  expect((await client.files.retrieve(ann)).filename).toBe('ann.txt');
});

test('a file that is attached in one thread does not get into a store that it shares with others', async () => {
  const { client, search } = searching();
  const shared = await client.vectorStores.create({
    file_ids: [await uploaded(client, 'All likes.', 'all.txt')],
  });
  const tool_resources = { file_search: { vector_store_ids: [shared.id] } };
  const one = await client.beta.threads.create({ tool_resources });
  const other = await client.beta.threads.create({ tool_resources });
  await client.beta.threads.messages.create(
    one.id,
    attaching(await uploaded(client, 'Ann likes.', 'ann.txt')),
  );
  expect(await storesOf(client, one.id)).toEqual([shared.id]);
  expect(await namesIn(search, await client.beta.threads.retrieve(one.id))).toEqual(['all.txt', 'ann.txt']);
  expect(await namesIn(search, await client.beta.threads.retrieve(other.id))).toEqual(['all.txt']);
  expect(await namesFound(client, shared.id, 'likes')).toEqual(['all.txt']);
});

test('assistants and threads name a store, or have one made', async () => {
  const { client } = searching();
  const file_ids = [await uploaded(client, 'Ann likes apples.')];
  const helper = { file_search: { vector_stores: [{ file_ids, metadata: { made: 'here' } }] } };
  const assistant = await client.beta.assistants.create({ model: 'm', tool_resources: helper });
  const [made = ''] = assistant.tool_resources?.file_search?.vector_store_ids ?? [];
  expect(await client.vectorStores.retrieve(made)).toMatchObject({
    metadata: { made: 'here' },
    expires_after: null,
    file_counts: { total: 1 },
  });
  const thread = await client.beta.threads.create({ tool_resources: helper });
  const [own = ''] = await storesOf(client, thread.id);
  expect(await client.vectorStores.retrieve(own)).toMatchObject({ expires_after: { days: 7 } });
  await client.beta.threads.update(thread.id, {
    tool_resources: { file_search: { vector_store_ids: [made] } },
  });
  expect(await storesOf(client, thread.id)).toEqual([made]);

  const wrong = (file_search: object) => client.beta.threads.create({ tool_resources: { file_search } });
  await expect(wrong({ vector_store_ids: [made, own] })).rejects.toMatchObject({
    status: 400,
    param: 'tool_resources.file_search.vector_store_ids',
  });
  await expect(wrong({ vector_store_ids: ['vs_none'] })).rejects.toThrow(
    "400 No vector store found with id 'vs_none'.",
  );
  await expect(wrong({ vector_store_ids: [made], vector_stores: [{}] })).rejects.toThrow('400 Invalid');
  await expect(wrong({ vector_stores: [{ file_ids: ['file-none'] }] })).rejects.toThrow(
    "400 No file found with id 'file-none'.",
  );
});

test("a run waits for its thread's files, not for its assistant's, and its own store lives as long as it", async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
  onTestFinished(() => void vi.useRealTimers());
  const { client, search, documents } = searching();
  const release = documents.hold();
  const knowledge = await client.vectorStores.create({
    file_ids: [await uploaded(client, 'All.', 'all.txt')],
  });
  const thread = await client.beta.threads.create({
    messages: [attaching(await uploaded(client, 'Ann likes.', 'ann.txt'))],
  });
  const assistant = { id: 'asst_one', tool_resources: { file_search: { vector_store_ids: [knowledge.id] } } };
  expect(await search.storesOf(assistant, { id: 'thread_none' })).toEqual({
    vectorStoreIds: [knowledge.id],
    expired: [],
  });
  let isReady = false;
  const waiting = search.storesOf(assistant, thread).then((searched) => {
    isReady = true;
    return searched;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(isReady).toBe(false);
  release();
  const { vectorStoreIds } = await waiting;
  const [own = ''] = await storesOf(client, thread.id);
  expect(vectorStoreIds).toEqual([knowledge.id, own]);
  // A week later the thread's own is made anew, and another that a client gave it is not.
  vi.setSystemTime(1_800_000_000_000 + 8 * 86_400_000);
  expect((await client.vectorStores.retrieve(own)).status).toBe('expired');
  const later = await search.storesOf(assistant, thread);
  const [renewed = ''] = await storesOf(client, thread.id);
  expect(renewed).not.toBe(own);
  expect(later).toEqual({ vectorStoreIds: [knowledge.id, renewed], expired: [] });
  expect(await namesIn(search, await client.beta.threads.retrieve(thread.id))).toEqual(['ann.txt']);
  const expires_after = { anchor: 'last_active_at' as const, days: 1 };
  const { id: given } = await client.vectorStores.create({ expires_after });
  const tool_resources = { file_search: { vector_store_ids: [given] } };
  const other = await client.beta.threads.create({ tool_resources });
  vi.setSystemTime(1_800_000_000_000 + 10 * 86_400_000);
  expect(await search.storesOf(assistant, other)).toEqual({
    vectorStoreIds: [knowledge.id],
    expired: [given],
  });
});

/** The API, and the search that its runs use. */
function searching() {
  const scene = openScene();
  const state = openState(scene.keyv);
  const { engine, documents } = scene;
  const stores = new VectorStores({ state, index: engine, documents, locks: ALONE, onError: () => {} });
  onTestFinished(() => stores.close());
  return { ...scene, search: new StoreSearch({ ...state, search: stores }, stores) };
}

/** The names of what a run on a thread would find. */
async function namesIn(search: StoreSearch, thread: OpenAI.Beta.Threads.Thread): Promise<string[]> {
  const { vectorStoreIds } = await search.storesOf(NOBODY, thread);
  const results = await search.search({ vectorStoreIds, queries: ['likes'], limit: 10 });
  expect(results.every(({ score, tokens }) => score > 0 && score <= 1 && tokens > 0)).toBe(true);
  return results.map(({ filename }) => filename).sort();
}
