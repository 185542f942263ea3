import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SearchEngine } from '../../src/assistants/file-search/search/search-engine.ts';
import { LatentSource } from '../../src/assistants/file-search/semantics/latent/latent-source.ts';
import { Semantics } from '../../src/assistants/file-search/semantics/semantics.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { type Figure, inSeconds, percentile, print } from './figure.ts';

/** What packages of the registry bring along, the prose first. */
const PATTERNS = ['**/*.md', '**/*.d.ts', '**/*.js', '**/*.{ts,mjs,cjs}'];
const MODULES = join(import.meta.dirname, '../../node_modules');

const SIZES = [1_000, 10_000, 50_000];
/** A chunk of 400 tokens, which is about what documents are cut into along their structure. */
const CHUNK_CHARACTERS = 1_600;
/** Chunks of a file. */
const PER_FILE = 50;
const QUESTIONS = 150;
const WORDS_OF_QUESTION = 8;

const MB = 1024 * 1024;

/** How fast much is put and found, over real text of packages of the registry, and what it takes. */
export async function searchFigures(): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  try {
    const { figures, seconds } = await grow(dataDir);
    return [...figures, ...seconds, ...(await startFigures(dataDir))];
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

async function grow(dataDir: string): Promise<{ figures: Figure[]; seconds: Figure[] }> {
  const store = await openStore({ dataDir });
  const { engine, semantics } = searchOver(store);
  const chunks = realChunks();
  const questions: string[] = [];
  const figures: Figure[] = [];
  const memory = process.memoryUsage.rss();
  let [count, bytes, spent] = [0, 0, 0];
  for (const size of SIZES) {
    while (count < size) {
      const some = next(chunks, Math.min(PER_FILE, size - count));
      if (some.length === 0)
        throw new Error(`The packages have ${count} chunks, which are fewer than ${size}.`);
      questions.push(questionFrom(some[0] ?? '', count));
      const start = performance.now();
      await engine.put({
        store: 'bench',
        file: `${count}`,
        title: `file ${count}`,
        attributes: {},
        chunks: some.map((text) => ({ text, headings: [], place: {} })),
      });
      spent += performance.now() - start;
      bytes += some.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      count += some.length;
    }
    await semantics.settled();
    figures.push({
      name: `Search, SQLite, ${size.toLocaleString('en')} chunks, words and offline semantics`,
      value: await searchTimes(engine, questions),
      ...(size === SIZES.at(-1) && { aim: 'p50 35 ms, p99 100 ms' }),
    });
  }
  const grown = process.memoryUsage.rss() - memory;
  await semantics.close();
  await store.close();
  const size = ['bobbin.sqlite', 'bobbin-search.sqlite'].map(
    (file) => statSync(join(dataDir, file)).size / MB,
  );
  const seconds: Figure[] = [
    {
      name: `Putting ${(bytes / MB).toFixed(0)} MB in ${count.toLocaleString('en')} chunks`,
      value: `${(bytes / MB / (spent / 1_000)).toFixed(1)} MB/s, beside what learns from it`,
    },
    {
      name: 'Size of the store with passages and vectors, and of the words beside it',
      value: size.map((one) => `${one.toFixed(0)} MB`).join(' and '),
    },
    {
      name: 'Memory more than before, after all that',
      value: `${(grown / MB).toFixed(0)} MB`,
      aim: '200 MB',
    },
  ];
  return { figures, seconds };
}

async function startFigures(dataDir: string): Promise<Figure[]> {
  const empty = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  const [without, with50] = [await opened(empty), await opened(dataDir)];
  rmSync(empty, { recursive: true });
  const store = await openStore({ dataDir });
  const { engine } = searchOver(store);
  const start = performance.now();
  await engine.search({ stores: ['bench'], queries: ['how to configure a server'], limit: 5 });
  const first = performance.now() - start;
  await store.close();
  return [
    {
      name: 'Opening a store of all that, more than an empty one',
      value: `${(with50 - without).toFixed(0)} ms`,
      aim: '50 ms',
    },
    { name: 'The first search after that', value: inSeconds(first) },
  ];
}

async function opened(dataDir: string): Promise<number> {
  const start = performance.now();
  const store = await openStore({ dataDir });
  const taken = performance.now() - start;
  await store.close();
  return taken;
}

function searchOver(store: Store) {
  const index = store.searchIndex;
  const semantics = new Semantics({
    index,
    source: new LatentSource(index, store.keyv('semantics')),
    failed(error) {
      throw error;
    },
  });
  return { engine: new SearchEngine(index, semantics), semantics };
}

async function searchTimes(engine: SearchEngine, questions: readonly string[]): Promise<string> {
  const times: number[] = [];
  for (let at = 0; at < QUESTIONS; at++) {
    const question = questions[(at * 7) % questions.length] ?? '';
    const start = performance.now();
    await engine.search({ stores: ['bench'], queries: [question], limit: 10 });
    times.push(performance.now() - start);
  }
  return `p50 ${percentile(times, 0.5).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms`;
}

/** The next so many, or what there is. */
function next(chunks: Iterator<string>, many: number): string[] {
  const some: string[] = [];
  while (some.length < many) {
    const { value, done } = chunks.next();
    if (done) break;
    some.push(value);
  }
  return some;
}

/** Words that stand somewhere in the chunk. */
function questionFrom(chunk: string, seed: number): string {
  const words = chunk.match(/[A-Za-z]{3,}/g) ?? ['nothing'];
  return Array.from({ length: WORDS_OF_QUESTION }, (_, at) => words[(seed + at * 31) % words.length]).join(
    ' ',
  );
}

/** Real text in pieces, each once. */
function* realChunks(): Generator<string> {
  const seen = new Set<string>();
  for (const pattern of PATTERNS) {
    for (const file of globSync(pattern, { cwd: MODULES }).sort()) {
      const path = join(MODULES, file);
      const text = statSync(path).isFile() ? readFileSync(path, 'utf8') : '';
      for (let from = 0; from < text.length; from += CHUNK_CHARACTERS) {
        const chunk = text.slice(from, from + CHUNK_CHARACTERS);
        if (chunk.length < 200 || seen.has(chunk)) continue;
        seen.add(chunk);
        yield chunk;
      }
    }
  }
}

if (import.meta.main) print(await searchFigures());
