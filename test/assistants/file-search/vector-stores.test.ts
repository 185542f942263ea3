import { expect, onTestFinished, test, vi } from 'vitest';
import { openHttp } from '../../../src/operations/http.ts';
import { all, clientOf } from '../client.ts';
import { file, namesFound, openScene, uploaded } from './scene.ts';

const HANDBOOK = '# Holidays\n\nEverybody has thirty days off.\n\n# Travel\n\nTrains are paid for.\n';

async function served() {
  const scene = openScene();
  const http = await openHttp({
    port: 0,
    hostname: '127.0.0.1',
    ready: () => true,
    assistants: scene.assistants.handle,
  });
  onTestFinished(() => http.close());
  return { ...scene, client: clientOf({ baseURL: `http://127.0.0.1:${http.port}/v1` }) };
}

const WAYS = [
  ['in this process', async () => openScene()],
  ['over a socket', served],
] as const;

test.each(WAYS)("the SDK's helpers upload, wait and search, %s", async (_, open) => {
  const { client } = await open();
  const store = await client.vectorStores.create({ name: 'Handbook', metadata: { team: 'people' } });
  expect(store).toEqual({
    id: expect.stringMatching(/^vs_[A-Za-z0-9]{24}$/),
    object: 'vector_store',
    created_at: expect.any(Number),
    name: 'Handbook',
    description: null,
    usage_bytes: 0,
    file_counts: { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 },
    status: 'completed',
    expires_after: null,
    expires_at: null,
    last_active_at: expect.any(Number),
    metadata: { team: 'people' },
  });
  const added = await client.vectorStores.files.uploadAndPoll(store.id, file(HANDBOOK, 'handbook.md'));
  expect(added).toEqual({
    id: expect.stringMatching(/^file-/),
    object: 'vector_store.file',
    created_at: expect.any(Number),
    usage_bytes: expect.any(Number),
    vector_store_id: store.id,
    status: 'completed',
    last_error: null,
    chunking_strategy: {
      type: 'static',
      static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
    },
    attributes: {},
  });
  const files = [file('Bananas are yellow.', 'fruit.txt'), file('Carrots are orange.', 'roots.txt')];
  const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, { files });
  expect(batch).toMatchObject({
    id: expect.stringMatching(/^vsfb_/),
    object: 'vector_store.files_batch',
    vector_store_id: store.id,
    status: 'completed',
    file_counts: { in_progress: 0, completed: 2, failed: 0, cancelled: 0, total: 2 },
  });
  const search = client.vectorStores.search(store.id, {
    query: ['days off', 'holidays everybody'],
    max_num_results: 1,
    rewrite_query: true,
    ranking_options: { ranker: 'auto', score_threshold: 0.1 },
  });
  expect(await (await search.asResponse()).json()).toEqual({
    object: 'vector_store.search_results.page',
    search_query: ['days off', 'holidays everybody'],
    data: [
      {
        file_id: added.id,
        filename: 'handbook.md',
        score: expect.any(Number),
        scores: { text: expect.any(Number) },
        attributes: {},
        content: [{ type: 'text', text: 'Everybody has thirty days off.' }],
        headings: ['Holidays'],
        place: { lines: [3, 3] },
      },
    ],
    has_more: false,
    next_page: null,
  });
  expect(await client.vectorStores.retrieve(store.id)).toMatchObject({
    status: 'completed',
    file_counts: { completed: 3, total: 3 },
    usage_bytes: added.usage_bytes + 'Bananas are yellow.'.length + 'Carrots are orange.'.length,
  });
});

test('stores are listed both ways, changed and deleted with all that is found in them', async () => {
  const { client, passages } = openScene();
  const ids: string[] = [];
  for (const name of ['one', 'two', 'three']) ids.push((await client.vectorStores.create({ name })).id);
  expect((await all(client.vectorStores.list({ limit: 2 }))).map(({ name }) => name)).toEqual([
    'three',
    'two',
    'one',
  ]);
  const [first = '', second = '', third = ''] = ids;
  expect((await client.vectorStores.list({ before: first, limit: 1 })).data[0]?.id).toBe(second);
  expect((await client.vectorStores.list({ order: 'asc', after: second })).data[0]?.id).toBe(third);

  await client.vectorStores.files.createAndPoll(second, { file_id: await uploaded(client, HANDBOOK) });
  const changed = await client.vectorStores.update(second, {
    name: null,
    metadata: { a: 'b' },
    expires_after: { anchor: 'last_active_at', days: 3 },
  });
  expect(changed).toMatchObject({ name: null, metadata: { a: 'b' }, expires_after: { days: 3 } });
  expect(changed.expires_at).toBe((changed.last_active_at ?? 0) + 3 * 86_400);

  expect(await client.vectorStores.delete(second)).toEqual({
    id: second,
    object: 'vector_store.deleted',
    deleted: true,
  });
  const gone = { status: 404, message: `404 No vector store found with id '${second}'.` };
  await expect(client.vectorStores.retrieve(second)).rejects.toMatchObject(gone);
  await expect(client.vectorStores.delete(second)).rejects.toMatchObject(gone);
  await expect(client.vectorStores.search(second, { query: 'days' })).rejects.toMatchObject(gone);
  expect(await passages()).toBe(0);
});

test('a file tells what became of it, keeps its content and its attributes, and can be taken out', async () => {
  const { client, documents, passages } = openScene();
  const { id } = await client.vectorStores.create({});
  const file_id = await uploaded(client, HANDBOOK, 'handbook.md');
  const { files } = client.vectorStores;
  const static_ = {
    type: 'static' as const,
    static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 50 },
  };
  const added = await files.createAndPoll(id, {
    file_id,
    attributes: { year: 2026, draft: false },
    chunking_strategy: static_,
  });
  expect(added).toMatchObject({ chunking_strategy: static_, attributes: { year: 2026, draft: false } });
  const content = await all(files.content(file_id, { vector_store_id: id }));
  expect(content.map(({ text }) => text).join('')).toContain('Trains are paid for.');

  const search = async (value: number) =>
    (await client.vectorStores.search(id, { query: 'trains', filters: { type: 'eq', key: 'year', value } }))
      .data;
  expect(await search(2026)).toHaveLength(1);
  await files.update(file_id, { vector_store_id: id, attributes: { year: 2027 } });
  expect(await search(2026)).toEqual([]);
  expect((await search(2027))[0]?.attributes).toEqual({ year: 2027 });
  // Again with other attributes: nothing is read anew.
  await files.createAndPoll(id, { file_id, attributes: { year: 2028 }, chunking_strategy: static_ });
  expect(await search(2028)).toHaveLength(1);
  expect(documents.names).toEqual(['handbook.md']);
  // Cut in another way it is.
  await files.createAndPoll(id, { file_id });
  expect(documents.names).toHaveLength(2);
  expect(await all(files.list(id))).toHaveLength(1);

  expect(await files.delete(file_id, { vector_store_id: id })).toEqual({
    id: file_id,
    object: 'vector_store.file.deleted',
    deleted: true,
  });
  const gone = { message: `404 No file found with id '${file_id}' in vector store '${id}'.` };
  await expect(files.retrieve(file_id, { vector_store_id: id })).rejects.toMatchObject(gone);
  await expect(files.update(file_id, { vector_store_id: id, attributes: null })).rejects.toMatchObject(gone);
  expect(await passages()).toBe(0);
  expect(await client.files.retrieve(file_id)).toMatchObject({ id: file_id });
  // It may come back, and is there once.
  await files.createAndPoll(id, { file_id });
  expect((await all(files.list(id))).map((one) => one.id)).toEqual([file_id]);
  expect((await client.vectorStores.retrieve(id)).file_counts).toMatchObject({ completed: 1, total: 1 });
});

test('files that can not be read say why, and files are listed by what became of them', async () => {
  const { client } = openScene();
  const names = ['a.md', 'b.md', 'empty.md', 'c.md', 'program.exe'];
  const contents = ['Ann', 'Bob', '', 'Cid', 'MZ\0\0\u0001\u0002'];
  const file_ids: string[] = [];
  for (const [i, name] of names.entries()) file_ids.push(await uploaded(client, contents[i] ?? '', name));
  const { id } = await client.vectorStores.create({});
  const { files, fileBatches } = client.vectorStores;
  const batch = await fileBatches.createAndPoll(id, { file_ids });
  expect(batch).toMatchObject({ status: 'completed', file_counts: { completed: 3, failed: 2, total: 5 } });
  const failed = await all(files.list(id, { filter: 'failed', order: 'asc' }));
  expect(failed.map(({ last_error }) => last_error)).toEqual([
    { code: 'invalid_file', message: 'empty.md is empty.' },
    { code: expect.stringMatching(/^(un|in)/), message: expect.stringMatching(/^program\.exe /) },
  ]);
  const read = [file_ids[3], file_ids[1], file_ids[0]];
  expect((await all(files.list(id, { filter: 'completed', limit: 2 }))).map((one) => one.id)).toEqual(read);
  const before = await files.list(id, { before: file_ids[1] ?? '', filter: 'completed' });
  expect(before.data.map((one) => one.id)).toEqual([file_ids[3]]);
  const listed = fileBatches.listFiles(batch.id, { vector_store_id: id, filter: 'completed', limit: 2 });
  expect((await all(listed)).map((one) => one.id)).toEqual(read);
});

test('a cancelled batch leaves off what is not indexed yet, and another one goes on', async () => {
  const { client, documents } = openScene();
  const { id } = await client.vectorStores.create({});
  const { fileBatches } = client.vectorStores;
  const release = documents.hold();
  const [one, two, three] = [
    await uploaded(client, 'one', '1.txt'),
    await uploaded(client, 'two', '2.txt'),
    await uploaded(client, 'three', '3.txt'),
  ];
  const first = await fileBatches.create(id, { file_ids: [one, two] });
  const second = await fileBatches.create(id, {
    files: [
      { file_id: two, attributes: { of: 'second' } },
      { file_id: three, attributes: { of: 'third' } },
    ],
  });
  expect(first).toMatchObject({ status: 'in_progress', file_counts: { in_progress: 2, total: 2 } });
  expect(await client.vectorStores.retrieve(id)).toMatchObject({ status: 'in_progress' });
  const at = { vector_store_id: id };
  expect(await fileBatches.cancel(first.id, at)).toMatchObject({ status: 'cancelled' });
  release();
  expect(await fileBatches.poll(id, second.id)).toMatchObject({
    status: 'completed',
    file_counts: { completed: 2 },
  });
  expect(await fileBatches.retrieve(first.id, at)).toMatchObject({
    status: 'cancelled',
    file_counts: { cancelled: 1, completed: 1, total: 2 },
  });
  expect(await namesFound(client, id, 'one two three')).toEqual(['2.txt', '3.txt']);
  const found = await all(client.vectorStores.files.list(id, { order: 'asc' }));
  expect(found.map(({ status, attributes }) => [status, attributes])).toEqual([
    ['cancelled', {}],
    ['completed', { of: 'second' }],
    ['completed', { of: 'third' }],
  ]);
});

test('a store whose time is over is expired: nothing is found in it, and nothing comes in', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
  onTestFinished(() => void vi.useRealTimers());
  const { client, passages } = openScene();
  const file_id = await uploaded(client, HANDBOOK);
  const { id } = await client.vectorStores.create({
    expires_after: { anchor: 'last_active_at', days: 7 },
  });
  await client.vectorStores.files.createAndPoll(id, { file_id });
  vi.setSystemTime(1_800_000_000_000 + 5 * 86_400_000);
  expect(await namesFound(client, id, 'trains')).toEqual(['notes.md']);
  vi.setSystemTime(1_800_000_000_000 + 11 * 86_400_000);
  expect(await namesFound(client, id, 'trains')).toEqual(['notes.md']);
  vi.setSystemTime(1_800_000_000_000 + 18 * 86_400_000);
  expect((await client.vectorStores.retrieve(id)).status).toBe('expired');
  const over = { status: 400, message: `400 The vector store '${id}' has expired.` };
  await expect(client.vectorStores.search(id, { query: 'trains' })).rejects.toMatchObject(over);
  await expect(client.vectorStores.files.create(id, { file_id })).rejects.toMatchObject(over);
  expect(await passages()).toBe(0);
});
