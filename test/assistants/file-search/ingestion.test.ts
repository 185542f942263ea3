import type OpenAI from 'openai';
import { expect, test, vi } from 'vitest';
import { all } from '../client.ts';
import { sharedLocks, sharedStore } from '../runs/processes.ts';
import { namesFound, openMemory, openScene, uploaded } from './scene.ts';

/** Looks soon: what is waited for takes some ms. */
const SOON = { interval: 2, timeout: 5_000 };

const settled = (client: OpenAI, id: string) =>
  vi.waitFor(async () => {
    const store = await client.vectorStores.retrieve(id);
    expect(store.status).toBe('completed');
    return store;
  }, SOON);

const NAMES = ['1.txt', '2.txt', '3.txt'];

test('wherever a process dies while files come in, the next one indexes them all and counts them right', async () => {
  let writes = 0;
  const store = openMemory();
  for (let survived = false; !survived; writes += 5) {
    const nextProcess = sharedStore();
    const nextLocks = sharedLocks();
    const [first, firstLocks] = [nextProcess(), nextLocks()];
    // A dead process takes no lock, and those that it had are free.
    const locks = { take: (name: string) => (isDead ? new Promise<never>(() => {}) : firstLocks.take(name)) };
    let isDead = false;
    const die = () => {
      isDead = true;
      first.kill();
      firstLocks.cutOff();
    };
    const one = openScene({ keyv: first.keyv, locks, store, closes: false });
    const ids: string[] = [];
    for (const name of NAMES) ids.push(await uploaded(one.client, `Text of ${name}`, name));
    const { id } = await one.client.vectorStores.create({});
    const [taken = ''] = ids;
    const life = async () => {
      await one.client.vectorStores.files.create(id, { file_id: taken });
      await one.client.vectorStores.files.delete(taken, { vector_store_id: id });
      await one.client.vectorStores.fileBatches.create(id, { file_ids: ids });
      await settled(one.client, id);
      return true;
    };
    first.after(writes, die);
    survived = await Promise.race([life(), first.dead.then(() => false)]);

    const two = openScene({ keyv: nextProcess().keyv, locks: nextLocks(), store });
    await two.assistants.resume();
    const { file_counts } = await settled(two.client, id);
    const files = await all(two.client.vectorStores.files.list(id));
    // What was half taken out is cancelled.
    const cancelled = files.filter(({ status }) => status === 'cancelled').map((file) => file.id);
    expect([[], [taken]]).toContainEqual(cancelled);
    const completed = files.filter(({ status }) => status === 'completed').length;
    const counts = { completed, cancelled: cancelled.length, failed: 0, in_progress: 0 };
    expect(file_counts).toEqual({ ...counts, total: files.length });
    expect((await two.client.vectorStores.search(id, { query: 'text' })).data).toHaveLength(completed);
    await two.client.vectorStores.fileBatches.createAndPoll(id, { file_ids: ids });
    expect((await namesFound(two.client, id, 'text')).sort()).toEqual(NAMES);
  }
  expect(writes).toBeGreaterThan(20);
});

test('several processes share the files that wait, and read none of them twice', async () => {
  const nextProcess = sharedStore();
  const nextLocks = sharedLocks();
  const store = openMemory();
  const open = () => openScene({ keyv: nextProcess().keyv, locks: nextLocks(), store });
  const [one, two] = [open(), open()];
  const release = one.documents.hold();
  const file_ids: string[] = [];
  for (const name of NAMES) file_ids.push(await uploaded(one.client, `Text of ${name}`, name));
  const { id } = await one.client.vectorStores.create({ file_ids });
  // The second process is asked how it stands, and takes what the first has not begun.
  await vi.waitFor(async () => {
    expect((await two.client.vectorStores.retrieve(id)).file_counts.completed).toBe(1);
  }, SOON);
  release();
  await settled(two.client, id);
  expect([one.documents.names, two.documents.names]).toEqual([['1.txt', '2.txt'], ['3.txt']]);
});

test('what is changed, taken out or deleted while it is read is found as it is then, or not at all', async () => {
  const { client, documents, passages } = openScene();
  const release = documents.hold();
  const [changed, taken] = [
    await uploaded(client, 'Ann', 'ann.txt'),
    await uploaded(client, 'Ann', 'out.txt'),
  ];
  const deleted = await uploaded(client, 'Ann', 'deleted.txt');
  const { id } = await client.vectorStores.create({ file_ids: [changed, taken, deleted] });
  const { files } = client.vectorStores;
  await vi.waitFor(() => expect(documents.names).toHaveLength(2), SOON);
  await files.update(changed, { vector_store_id: id, attributes: { year: 2026 } });
  await files.delete(taken, { vector_store_id: id });
  await client.files.delete(deleted);
  release();
  const store = await settled(client, id);
  expect(store.file_counts).toEqual({ in_progress: 0, completed: 1, failed: 0, cancelled: 0, total: 1 });
  expect((await client.vectorStores.search(id, { query: 'ann' })).data).toMatchObject([
    { filename: 'ann.txt', attributes: { year: 2026 } },
  ]);
  expect(await passages()).toBe(1);
  // And afterwards.
  await client.files.delete(changed);
  expect(await namesFound(client, id, 'ann')).toEqual([]);
  expect(await passages()).toBe(0);
  expect((await client.vectorStores.retrieve(id)).file_counts.total).toBe(0);
});

test('what is indexed stays of use until it is indexed anew, also when that fails', async () => {
  const { client, documents, index, errors } = openScene();
  const file_id = await uploaded(client, 'Ann', 'ann.txt');
  const { id } = await client.vectorStores.create({ file_ids: [file_id] });
  await settled(client, id);
  const release = documents.hold();
  const chunking_strategy = {
    type: 'static' as const,
    static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 0 },
  };
  await client.vectorStores.files.create(id, { file_id, chunking_strategy });
  expect(await namesFound(client, id, 'ann')).toEqual(['ann.txt']);
  const secret = new Error('password=secret');
  index.put = () => Promise.reject(secret);
  release();
  await settled(client, id);
  expect(await client.vectorStores.files.retrieve(file_id, { vector_store_id: id })).toMatchObject({
    status: 'failed',
    last_error: {
      code: 'server_error',
      message: 'The file could not be indexed because the server had an error. Add it again later.',
    },
  });
  expect(errors.splice(0)).toEqual([secret]);
  expect(await namesFound(client, id, 'ann')).toEqual(['ann.txt']);
});

test('what is attached in a thread is read before what was added earlier without anybody waiting', async () => {
  const { client, documents } = openScene();
  const release = documents.hold();
  const file_ids: string[] = [];
  for (const name of ['1.txt', '2.txt', '3.txt', '4.txt']) file_ids.push(await uploaded(client, name, name));
  const { id } = await client.vectorStores.create({ file_ids });
  await vi.waitFor(() => expect(documents.names).toHaveLength(2), SOON);
  const tools = [{ type: 'file_search' as const }];
  const attachments = [{ file_id: await uploaded(client, 'Ann', 'ann.txt'), tools }];
  await client.beta.threads.create({ messages: [{ role: 'user', content: 'Hi', attachments }] });
  release();
  await settled(client, id);
  expect(documents.names.slice(2, 4).toSorted()).toEqual(['3.txt', 'ann.txt']);
});

test('who attaches a pile of documents keeps nobody else waiting behind it', async () => {
  const { client, documents } = openScene();
  const release = documents.hold();
  const attach = async (names: string[]) => {
    const thread = await client.beta.threads.create();
    for (const name of names) {
      const file_id = await uploaded(client, `Text of ${name}`, name);
      const attachments = [{ file_id, tools: [{ type: 'file_search' as const }] }];
      await client.beta.threads.messages.create(thread.id, { role: 'user', content: 'Look.', attachments });
    }
  };
  const pile = Array.from({ length: 6 }, (_, number) => `pile ${number}.txt`);
  await attach(pile);
  await attach(['other 0.txt', 'other 1.txt']);
  release();
  await vi.waitFor(() => expect(documents.names).toHaveLength(8), SOON);
  expect(documents.names.slice(0, 2)).toEqual(pile.slice(0, 2));
  expect(documents.names.slice(2, 6).filter((name) => name.startsWith('other'))).toHaveLength(2);
});
