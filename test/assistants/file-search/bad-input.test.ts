import { expect, test } from 'vitest';
import { NOTHING, placeId } from '../../../src/assistants/file-search/vector-stores/kept.ts';
import { openState } from '../../../src/assistants/state.ts';
import { nowInSeconds } from '../../../src/assistants/time.ts';
import { all } from '../client.ts';
import { file, namesFound, openScene, uploaded } from './scene.ts';

const many = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, value]));

/** What is wrong with a request to add a file, and what is said of it. */
const FILES: [string, object, object][] = [
  ['an unknown file', { file_id: 'file-none' }, { message: "400 No file found with id 'file-none'." }],
  ['no file', {}, { code: 'missing_required_parameter', param: 'file_id' }],
  ['an id of another kind', { file_id: 'vs_none' }, { code: 'invalid_value', param: 'file_id' }],
  ['too many attributes', { attributes: many(17, 'x') }, { code: 'object_above_max_properties' }],
  ['a long key', { attributes: { ['k'.repeat(65)]: 'x' } }, { code: 'property_name_above_max_length' }],
  ['a long value', { attributes: { key: 'x'.repeat(513) } }, { param: 'attributes.key' }],
  ['a list as a value', { attributes: { key: ['x'] } }, { param: 'attributes.key', code: 'invalid_type' }],
  [
    'an unknown strategy',
    { chunking_strategy: { type: 'semantic' } },
    { code: 'invalid_value', param: 'chunking_strategy.type' },
  ],
  [
    'small chunks',
    { chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 99, chunk_overlap_tokens: 0 } } },
    { code: 'integer_below_min_value' },
  ],
  [
    'more overlap than half',
    {
      chunking_strategy: {
        type: 'static',
        static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 401 },
      },
    },
    {
      message:
        "400 Invalid 'chunking_strategy.static': chunk_overlap_tokens must not exceed half of max_chunk_size_tokens.",
    },
  ],
];

const deep = (levels: number): object =>
  levels === 0 ? { type: 'eq', key: 'a', value: 1 } : { type: 'and', filters: [deep(levels - 1)] };

/** What is wrong with a search, and what is said of it. */
const SEARCHES: [string, object, object][] = [
  ['without a query', {}, { code: 'missing_required_parameter', param: 'query' }],
  ['for nothing', { query: '' }, { param: 'query' }],
  ['for no queries', { query: [] }, { param: 'query' }],
  ['for too long a query', { query: 'x'.repeat(4_097) }, { param: 'query' }],
  ['for no results', { query: 'x', max_num_results: 0 }, { code: 'integer_below_min_value' }],
  ['for too many results', { query: 'x', max_num_results: 51 }, { code: 'integer_above_max_value' }],
  ['with an impossible score', { query: 'x', ranking_options: { score_threshold: 1.5 } }, {}],
  ['with an unknown ranker', { query: 'x', ranking_options: { ranker: 'best' } }, { code: 'invalid_value' }],
  [
    'with an unknown comparison',
    { filters: { type: 'like', key: 'a', value: 'b' } },
    { code: 'invalid_value' },
  ],
  ['with a filter without a key', { filters: { type: 'eq', value: 'b' } }, { param: 'filters.key' }],
  ['with a list that one is equal to', { filters: { type: 'eq', key: 'a', value: ['b'] } }, {}],
  ['with no list to be in', { filters: { type: 'in', key: 'a', value: 'b' } }, { param: 'filters.value' }],
  ['with an empty list to be in', { filters: { type: 'in', key: 'a', value: [] } }, { code: 'empty_array' }],
  ['with yes before no', { filters: { type: 'gt', key: 'a', value: true } }, {}],
  ['with no filters to combine', { filters: { type: 'and', filters: [] } }, { code: 'empty_array' }],
  ['with filters too deep', { filters: deep(8) }, { param: 'filters' }],
  ['with a wrong filter inside', { filters: { type: 'or', filters: [{ type: 'eq' }] } }, {}],
];

test('what is wrong with a request is told, and nothing is changed', async () => {
  const { client } = openScene();
  const { id } = await client.vectorStores.create({});
  const known = await uploaded(client, 'Ann');
  const image = await client.files.create({ file: file('png', 'a.png'), purpose: 'vision' });
  const refused = (body: object, path: string) => client.post(`/vector_stores/${id}${path}`, { body });
  for (const [fault, body, error] of FILES) {
    const isWhole = 'attributes' in body || 'chunking_strategy' in body;
    const request = refused(isWhole ? { file_id: known, ...body } : body, '/files');
    await expect(request, fault).rejects.toMatchObject({ status: 400, ...error });
  }
  for (const [fault, body, error] of SEARCHES) {
    const request = refused('filters' in body ? { query: 'x', ...body } : body, '/search');
    await expect(request, fault).rejects.toMatchObject({ status: 400, ...error });
  }
  await expect(refused({ file_id: image.id }, '/files')).rejects.toThrow("its purpose is 'vision'");
  const both = { file_ids: [known], files: [{ file_id: known }] };
  const one = "400 Exactly one of 'file_ids' and 'files' must be given.";
  for (const body of [{}, both]) await expect(refused(body, '/file_batches')).rejects.toThrow(one);
  await expect(refused({ file_ids: [known, 'file-none'] }, '/file_batches')).rejects.toThrow('No file found');
  await expect(client.vectorStores.create({ file_ids: ['file-none'] })).rejects.toThrow('No file found');
  await expect(
    client.vectorStores.create({ expires_after: { anchor: 'last_active_at', days: 366 } }),
  ).rejects.toThrow('400');
  await expect(client.vectorStores.retrieve('thread_1')).rejects.toThrow("begins with 'vs_'");
  await expect(client.vectorStores.files.list(id, { filter: 'done' as never })).rejects.toThrow('400');
  const other = await client.vectorStores.create({ file_ids: [known] });
  const batch = await client.vectorStores.fileBatches.create(other.id, { file_ids: [known] });
  await expect(client.vectorStores.fileBatches.retrieve(batch.id, { vector_store_id: id })).rejects.toThrow(
    `404 No file batch found with id '${batch.id}'.`,
  );
  expect((await client.vectorStores.retrieve(id)).file_counts.total).toBe(0);
});

test('ten thousand files in one store are counted, listed and searched', async () => {
  const { client, keyv, engine } = openScene();
  const state = openState(keyv);
  const { id } = await client.vectorStores.create({});
  const ids = Array.from({ length: 10_000 }, (_, i) => `file-${String(i).padStart(24, '0')}`);
  const common = { created_at: nowInSeconds(), status: 'completed' as const, last_error: null };
  const kept = { usage_bytes: 10, chunking_strategy: { type: 'auto' as const }, attributes: {} };
  await state.files.appendAll(
    'root',
    ids.map((fileId, i) => ({
      id: fileId,
      object: 'file' as const,
      bytes: 1,
      created_at: 1,
      filename: `${i}.txt`,
      purpose: 'assistants' as const,
      status: 'processed' as const,
    })),
  );
  await state.storeFiles.appendAll(
    id,
    ids.map((file_id) => ({
      ...common,
      ...kept,
      id: placeId(id, file_id),
      file_id,
      vector_store_id: id,
      batch_id: null,
      attempt: '1',
    })),
  );
  // As a process leaves it that died before it had counted them.
  await state.storeTallies.set(id, { ...NOTHING, unsure: true });
  // How the index fares with so many is for its own tests.
  for (const [i, file] of [...ids.entries()].slice(7_700, 7_800)) {
    const chunks = [{ headings: [], place: {}, text: `Number n${i}` }];
    await engine.put({ store: id, file, title: `${i}.txt`, attributes: {}, chunks });
  }
  expect(await namesFound(client, id, 'n7777')).toEqual(['7777.txt']);
  const after = ids[5_000] ?? '';
  const page = await client.vectorStores.files.list(id, { order: 'asc', limit: 100, after });
  expect(page.data.map((one) => one.id)).toEqual(ids.slice(5_001, 5_101));
  expect(page.has_more).toBe(true);
  expect(await all(client.vectorStores.files.list(id, { filter: 'failed' }))).toEqual([]);
  expect((await client.vectorStores.retrieve(id)).file_counts).toMatchObject({ completed: 10_000 });
});
