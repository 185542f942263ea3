import OpenAI from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { SearchEngine } from '../../../src/assistants/file-search/search/search-engine.ts';
import type { IndexedFile, SearchIndex } from '../../../src/assistants/file-search/search-index.ts';
import type { EmbedderSource } from '../../../src/assistants/file-search/semantics/embedder.ts';
import { LatentSource } from '../../../src/assistants/file-search/semantics/latent/latent-source.ts';
import { ProviderSource } from '../../../src/assistants/file-search/semantics/provider/provider-embedder.ts';
import { Semantics } from '../../../src/assistants/file-search/semantics/semantics.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { startEmbeddings } from '../../sim/embeddings.ts';

const STORE = 'vs';

function searchOver(store: Store, source: EmbedderSource) {
  const failures: unknown[] = [];
  const semantics = new Semantics({
    index: store.searchIndex,
    source,
    failed: (error) => failures.push(error),
    retryMs: 10,
    lookMs: 0,
  });
  onTestFinished(() => semantics.close());
  return { engine: new SearchEngine(store.searchIndex, semantics), semantics, failures };
}

function openMemoryStore(): Store {
  const store = memoryStore();
  onTestFinished(() => store.close());
  return store;
}

function put(engine: SearchEngine, file: string, ...texts: string[]): Promise<void> {
  const chunks = texts.map((text) => ({ text, headings: [], place: {} }));
  return engine.put({ store: STORE, file, title: file, attributes: {}, chunks });
}

async function found(engine: SearchEngine, question: string): Promise<string[]> {
  const hits = await engine.search({ stores: [STORE], queries: [question], limit: 3 });
  return hits.map(({ text }) => text);
}

/** Two matters, and of each two words for the same, which never stand together but in the same company. */
const MATTERS = [
  {
    names: ['car', 'automobile'],
    company: 'engine motor wheel brake tyre road driver fuel garage seat'.split(' '),
  },
  {
    names: ['bread', 'loaf'],
    company: 'butter cheese lunch soup salad oven flour plate knife crust'.split(' '),
  },
];
const corpus = Array.from({ length: 80 }, (_, at) => {
  const { names, company } = MATTERS[at % 2] as (typeof MATTERS)[number];
  const beside = [1, 3, 7].map((step) => company[(at * step + step) % company.length]);
  return [names[(at >> 1) % 2], ...beside, `item${at}`].join(' ');
});

test('what is learnt from the documents finds what has none of the words, also after a restart', async () => {
  const store = openMemoryStore();
  const source = () => new LatentSource(store.searchIndex, store.keyv('semantics'));
  const { engine, semantics } = searchOver(store, source());
  await put(engine, 'corpus', ...corpus);
  await put(engine, 'target', 'automobile', 'loaf');
  await semantics.settled();
  const [first] = await engine
    .search({ stores: [STORE], queries: ['car'], limit: 100 })
    .then((hits) => hits.filter(({ file }) => file === 'target'));
  expect(first?.text).toBe('automobile');
  expect(first?.score).toBeGreaterThan(0.05);
  const again = searchOver(store, source()).engine;
  const hits = await again.search({ stores: [STORE], queries: ['car'], limit: 100 });
  expect(hits.find(({ file }) => file === 'target')).toEqual(first);
});

test('what one process has learnt another one searches by, and none learns it again', async () => {
  const store = openMemoryStore();
  const source = () => new LatentSource(store.searchIndex, store.keyv('semantics'));
  const [one, two] = [searchOver(store, source()), searchOver(store, source())];
  expect(await found(two.engine, 'car')).toEqual([]);
  await put(one.engine, 'corpus', ...corpus);
  await put(one.engine, 'target', 'automobile', 'loaf');
  await one.semantics.settled();
  const learnt = await store.keyv('semantics').get('latent');
  const targets = async ({ engine }: typeof one) => {
    const hits = await engine.search({ stores: [STORE], queries: ['car'], limit: 100 });
    return hits.filter(({ file }) => file === 'target').map(({ text }) => text);
  };
  expect((await targets(two))[0]).toBe('automobile');
  await put(two.engine, 'more', 'automobile of the other process');
  await two.semantics.settled();
  expect(await store.keyv('semantics').get('latent')).toEqual(learnt);
  const { generation } = learnt as { generation: string };
  expect(await store.searchIndex.count(generation)).toEqual({ chunks: 83, vectors: 83 });
  // What is let go is let go for both.
  await one.engine.remove(STORE);
  await one.semantics.settled();
  await put(two.engine, 'target', 'automobile');
  expect(await targets(two)).toEqual([]);
});

test('a file that was begun before another one and came later is found by its meaning, too', async () => {
  const store = openMemoryStore();
  const { searchIndex } = store;
  const embedder = {
    generation: 'one',
    batch: 8,
    embed: async (texts: readonly string[]) => texts.map(() => Float32Array.of(1, 0)),
  };
  // As other connections see it: what is not committed is not there, though its ids are smaller.
  let isCommitted = false;
  const index: SearchIndex = Object.assign(Object.create(searchIndex), {
    put: (file: IndexedFile) => searchIndex.put(file),
    remove: (vectorStore: string) => searchIndex.remove(vectorStore),
    addVectors: (generation: string, vectors: [number, Float32Array][]) =>
      searchIndex.addVectors(generation, vectors),
    keepGenerations: (generations: string[]) => searchIndex.keepGenerations(generations),
    count: async (generation?: string) => {
      const { chunks, vectors } = await searchIndex.count(generation);
      return { chunks: isCommitted ? chunks : chunks - 20, vectors };
    },
    withoutVector: async (generation: string, after: number, limit: number) => {
      const all = await searchIndex.withoutVector(generation, after, limit + 20);
      return all.filter(({ headings }) => isCommitted || headings[0] !== 'early').slice(0, limit);
    },
  });
  const source = { restore: async () => embedder, next: async () => embedder, removed() {} };
  const { engine, semantics } = searchOver({ ...store, searchIndex: index }, source);
  await put(engine, 'early', ...Array.from({ length: 20 }, (_, at) => `car item${at}`));
  await put(engine, 'late', 'bread and butter');
  await semantics.settled();
  expect(await index.count('one')).toEqual({ chunks: 1, vectors: 1 });
  isCommitted = true;
  await put(engine, 'later', 'cheese');
  await semantics.settled();
  expect(await index.count('one')).toEqual({ chunks: 22, vectors: 22 });
});

test.each([
  ['share no word', (at: number) => `alone${at} single${at} only${at}x`],
  ['say all the same', () => 'printer paper toner'],
  ['have words of grammar alone', () => 'it is what it is'],
  ['have no word', () => '— … —'],
])('of passages that %s nothing is learnt, and nothing fails', async (_, text) => {
  const store = openMemoryStore();
  const { engine, semantics, failures } = searchOver(
    store,
    new LatentSource(store.searchIndex, store.keyv('semantics')),
  );
  await put(engine, 'file', ...Array.from({ length: 40 }, (_, at) => text(at)));
  await semantics.settled();
  expect(failures).toEqual([]);
  for (const { semantic } of await engine.search({ stores: [STORE], queries: [text(7)], limit: 3 }))
    expect(semantic).toBeUndefined();
});

test('what was learnt is let go with what it was learnt from', async () => {
  const store = openMemoryStore();
  const kept = store.keyv<unknown>('semantics');
  const { engine, semantics } = searchOver(store, new LatentSource(store.searchIndex, kept));
  await put(engine, 'corpus', ...corpus);
  await semantics.settled();
  expect(await kept.get('latent-basis')).toBeInstanceOf(Uint8Array);
  await engine.remove(STORE);
  await semantics.settled();
  expect(await kept.get('latent-basis')).toBeUndefined();
});

/** An endpoint of embeddings that answers as it is told; what it was given is noted. */
async function embeddings() {
  const state = await startEmbeddings();
  onTestFinished(() => state.close());
  return { state, client: new OpenAI({ baseURL: state.url, apiKey: 'test', logLevel: 'off' }) };
}

function providerSource(store: Store, client: OpenAI): ProviderSource {
  const kept = store.keyv<number>('semantics');
  return new ProviderSource(client, 'embed-1', {
    keep: (dimension) => kept.set('dimension', dimension),
    kept: () => kept.get('dimension'),
  });
}

const given = (all: string[][]) =>
  all.flat().filter((text) => text.startsWith('cars\n') || text.startsWith('food\n'));

test('a provider’s refusals delay its vectors, and no passage is embedded twice', async () => {
  const store = openMemoryStore();
  const { state, client } = await embeddings();
  const { engine, semantics } = searchOver(store, providerSource(store, client));
  state.refusals = [429, 503, 429];
  await put(engine, 'cars', 'automobile', 'bread');
  expect(await found(engine, 'bread')).toEqual(['bread']);
  await semantics.settled();
  expect(await found(engine, 'car')).toEqual(['automobile', 'bread']);
  state.refusals = [400];
  await put(engine, 'cars', 'automobile', 'cheese');
  await semantics.settled();
  await put(engine, 'food', 'soup');
  await semantics.settled();
  expect(given(state.given).sort()).toEqual([
    'cars\nautomobile',
    'cars\nbread',
    'cars\ncheese',
    'food\nsoup',
  ]);
});

test('while the endpoint is down, words find what they can, and what failed is told', async () => {
  const store = openMemoryStore();
  const { state, client } = await embeddings();
  const { engine, semantics, failures } = searchOver(store, providerSource(store, client));
  await put(engine, 'garage', 'automobile', 'car');
  await semantics.settled();
  state.refusals = Array.from({ length: 3 }, () => 401);
  expect(await found(engine, 'car')).toEqual(['car']);
  expect(String(failures[0])).toContain('Not now.');
});

test('another dimension makes all vectors anew, and the old ones are of use until then', async () => {
  const store = openMemoryStore();
  const { state, client } = await embeddings();
  const { engine, semantics } = searchOver(store, providerSource(store, client));
  await put(engine, 'cars', 'automobile');
  await semantics.settled();
  expect((await store.searchIndex.count('embed-1/4')).vectors).toBe(1);
  state.dimension = 6;
  await put(engine, 'food', 'soup');
  await semantics.settled();
  expect(await store.searchIndex.count('embed-1/6')).toEqual({ chunks: 2, vectors: 2 });
  expect((await store.searchIndex.count('embed-1/4')).vectors).toBe(0);
  expect((await found(engine, 'car'))[0]).toBe('automobile');
});

test('a question does not wait for a slow endpoint for long, and is answered by its words', async () => {
  const store = openMemoryStore();
  const { state, client } = await embeddings();
  const { engine, semantics, failures } = searchOver(store, providerSource(store, client));
  await put(engine, 'garage', 'automobile', 'bread');
  await semantics.settled();
  const { promise, resolve } = Promise.withResolvers<void>();
  state.slow = () => promise;
  expect(await found(engine, 'bread')).toEqual(['bread']);
  expect(failures).toHaveLength(1);
  // Nor for passages that get none meanwhile.
  await put(engine, 'kitchen', 'cheese');
  expect(await found(engine, 'cheese')).toEqual(['cheese']);
  resolve();
  await semantics.settled();
  expect((await store.searchIndex.count('embed-1/4')).vectors).toBe(3);
});
