import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { SearchEngine } from '../../src/assistants/file-search/search/search-engine.ts';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import { startPostgres } from '../sim/postgres.ts';
import { type Figure, inSeconds, percentile, print } from './figure.ts';
import { searchOver } from './search-scene.ts';

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

/** A store to be measured. */
interface Measured {
  name: string;
  /** What a search shall take in the largest. */
  aim: string;
  options(kind: 'empty' | 'full'): StoreOptions;
  /** What it takes on the disk. */
  sizes(): Promise<string>;
  close(): Promise<void>;
}

/** How fast much is put and found, over real text of packages of the registry, and what it takes. */
export async function searchFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const start of [sqlite, postgres]) {
    const measured = await start();
    try {
      figures.push(...(await grow(measured)), ...(await startFigures(measured)));
    } finally {
      await measured.close();
    }
  }
  return figures;
}

async function sqlite(): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'bobbin-bench-'));
  const size = (file: string) => `${(statSync(join(folder, 'full', file)).size / MB).toFixed(0)} MB`;
  return {
    name: 'SQLite',
    aim: 'p50 35 ms, p99 100 ms',
    options: (kind) => ({ dataDir: join(folder, kind) }),
    sizes: async () =>
      `${size('bobbin.sqlite')}, and ${size('bobbin-search.sqlite')} of words and vectors beside it`,
    close: async () => rmSync(folder, { recursive: true }),
  };
}

async function postgres(): Promise<Measured> {
  const server = await startPostgres();
  for (const name of ['empty', 'full']) await server.createDatabase(name);
  return {
    name: 'PostgreSQL',
    aim: 'p50 100 ms, p99 250 ms',
    options: (kind) => ({ dataDir: '/nowhere', databaseUrl: server.url(kind) }),
    async sizes() {
      const client = new Client({ connectionString: server.url('full') });
      await client.connect();
      const { rows } = await client.query(
        `SELECT sum(pg_total_relation_size(oid))::float8 AS size FROM pg_class WHERE relkind = 'r' AND relname LIKE 'bobbin_search_%'`,
      );
      await client.end();
      return `${(rows[0].size / MB).toFixed(0)} MB`;
    },
    close: () => server.stop(),
  };
}

async function grow({ name, aim, options, sizes }: Measured): Promise<Figure[]> {
  const store = await openStore(options('full'));
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
      name: `${name}: search among ${size.toLocaleString('en')} chunks, by words and offline semantics`,
      value: await searchTimes(engine, questions),
      ...(size === SIZES.at(-1) && { aim }),
    });
  }
  const grown = process.memoryUsage.rss() - memory;
  await semantics.close();
  await store.close();
  return [
    ...figures,
    {
      name: `${name}: putting ${(bytes / MB).toFixed(0)} MB in ${count.toLocaleString('en')} chunks`,
      value: `${(bytes / MB / (spent / 1_000)).toFixed(1)} MB/s, beside what learns from it`,
    },
    { name: `${name}: what that takes on the disk`, value: await sizes() },
    {
      name: `${name}: memory of the process that has put and learnt all that, more than before`,
      value: `${(grown / MB).toFixed(0)} MB`,
    },
  ];
}

async function startFigures({ name, options }: Measured): Promise<Figure[]> {
  const opened = async (kind: 'empty' | 'full') => {
    const start = performance.now();
    const store = await openStore(options(kind));
    const taken = performance.now() - start;
    await store.close();
    return taken;
  };
  // The first makes the tables.
  await opened('empty');
  const [without, having] = [await opened('empty'), await opened('full')];
  const store = await openStore(options('full'));
  const { engine } = searchOver(store);
  const start = performance.now();
  await engine.search({ stores: ['bench'], queries: ['how to configure a server'], limit: 5 });
  const first = performance.now() - start;
  await store.close();
  return [
    {
      name: `${name}: opening a store of all that, more than an empty one`,
      value: `${(having - without).toFixed(0)} ms`,
      aim: '50 ms',
    },
    { name: `${name}: the first search after that`, value: inSeconds(first) },
    {
      name: `${name}: memory of a process that searches all that, more than one that searches an empty store`,
      value: `${((memoryOf(options('full')) - memoryOf(options('empty'))) / MB).toFixed(0)} MB`,
      aim: '200 MB',
    },
  ];
}

/** What a process of its own takes that searches there, in bytes. */
function memoryOf(options: StoreOptions): number {
  const program = join(import.meta.dirname, 'search-memory.ts');
  const printed = execFileSync(process.execPath, [program, JSON.stringify(options)]);
  return Number(String(printed));
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
        const digest = hash('sha256', chunk);
        if (chunk.length < 200 || seen.has(digest)) continue;
        seen.add(digest);
        // A copy: a piece of a text keeps all of the text in memory, which is to be measured.
        yield Buffer.from(chunk).toString();
      }
    }
  }
}

if (import.meta.main) print(await searchFigures());
