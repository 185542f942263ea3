import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { beforeAll, expect, test } from 'vitest';
import { NearIndex } from '../../../src/store/postgres/search/near-index.ts';
import { SEARCH_TABLES } from '../../../src/store/postgres/search/schema.ts';
import { Vectors } from '../../../src/store/postgres/search/vectors.ts';

/** The PostgreSQL of the other tests has no extensions: this one is a real one, too, in one process and with pgvector. */
let database: PGlite;

const FILES = 20;
const CHUNKS_OF_FILE = 30;
const CHUNKS_APART = 2 ** 17;
const DIMENSIONS = 60;
const WANTED = 20;

/** The same at every time: https://en.wikipedia.org/wiki/Linear_congruential_generator */
let seed = 7;
const random = () => {
  seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
  return seed / 2 ** 32 - 0.5;
};

const direction = (near?: Float32Array) => {
  const all = Float32Array.from({ length: DIMENSIONS }, (_, at) => random() + 2 * (near?.[at] ?? 0));
  const length = Math.hypot(...all);
  return all.map((one) => one / length);
};

const query = async (sql: string, values?: unknown[]) =>
  (await database.query<Record<string, unknown>>(sql, values as unknown[])).rows;

const connections = {
  query,
  transaction: <T>(work: (inside: typeof query) => Promise<T>) =>
    database.transaction((inside) =>
      work(async (sql, values) => (await inside.query<Record<string, unknown>>(sql, values)).rows),
    ),
};

const setUp = `DO $$ BEGIN ${SEARCH_TABLES} END $$`;

/** What directs to one of ten matters, and where ten questions point. */
const MATTERS = Array.from({ length: 10 }, () => direction());

async function give(generation: string): Promise<void> {
  const ids = (await query('SELECT id FROM bobbin_search_chunks ORDER BY id')).map(({ id }) => Number(id));
  const vectors = ids.map((id, at): [number, Float32Array] => [id, direction(MATTERS[at % MATTERS.length])]);
  await new Vectors(query, new NearIndex(connections)).add(generation, vectors);
}

/** How often an index was searched, and how many there are. */
async function indexes(): Promise<{ all: number; used: number }> {
  await query('SELECT pg_stat_force_next_flush()');
  const [row] = await query(`SELECT count(*)::int AS all, coalesce(sum(idx_scan), 0)::int AS used
    FROM pg_stat_user_indexes WHERE indexrelname LIKE 'bobbin\\_search\\_near\\_%'`);
  return row as { all: number; used: number };
}

beforeAll(async () => {
  database = await PGlite.create({ extensions: { vector } });
  await database.exec(setUp);
  await query(`INSERT INTO bobbin_search_files (store, file, title, attributes, chunks)
    SELECT 'vs', n::text, 'title', '{}', ${CHUNKS_OF_FILE} FROM generate_series(1, ${FILES}) AS n`);
  await query(`INSERT INTO bobbin_search_chunks (id, file, hash, length, words, content)
    SELECT id * ${CHUNKS_APART} + n, id, sha256((id || ' ' || n)::bytea), 1, '', '{}'
    FROM bobbin_search_files, generate_series(0, ${CHUNKS_OF_FILE - 1}) AS n`);
  return () => database.close();
});

test('vectors are found by an index of pgvector as they are by looking through all, in the files that are meant', async () => {
  expect(await query(`SELECT extname FROM pg_extension WHERE extname = 'vector'`)).toHaveLength(1);
  // A provider's model may be called anything.
  const generation = "it's a model/60";
  await give(generation);
  const near = new NearIndex(connections, 100);
  await near.tend();
  expect(await indexes()).toEqual({ all: 1, used: 0 });
  const all = { stores: ['vs'], chunks: FILES * CHUNKS_OF_FILE };
  const half = { ...all, files: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], chunks: 12 * CHUNKS_OF_FILE };
  const one = { ...all, files: [7], chunks: CHUNKS_OF_FILE };
  for (const scope of [all, half, one]) {
    let found = 0;
    for (const matter of MATTERS) {
      const asked = direction(matter);
      const [exact, by] = await Promise.all(
        [new Vectors(query, blind()), new Vectors(query, near)].map((vectors) =>
          vectors.nearest(scope, generation, asked, WANTED),
        ),
      );
      found += [...(by as Map<number, number>).keys()].filter((id) => exact?.has(id)).length;
    }
    expect(found / (MATTERS.length * WANTED)).toBeGreaterThanOrEqual(0.9);
  }
  // For one file alone it is no help.
  const { used } = await indexes();
  expect(used).toBe(2 * MATTERS.length);

  // An index goes with its vectors, and comes with others.
  await query('DELETE FROM bobbin_search_vectors');
  await give('next');
  await near.tend();
  expect(await indexes()).toEqual({ all: 1, used: 0 });
  await near.tend();
  await new NearIndex(connections, 100_000).tend();
  expect(await indexes()).toEqual({ all: 0, used: 0 });
});

/** One that knows of no index. */
function blind(): NearIndex {
  return new NearIndex({ ...connections, query: async () => [] });
}

test('without the extension, or without leave to create it, vectors are looked through', async () => {
  await give('plain');
  const near = new NearIndex(connections, 100);
  await near.tend();
  const scope = { stores: ['vs'], chunks: FILES * CHUNKS_OF_FILE };
  const asked = direction(MATTERS[0]);
  const found = await new Vectors(query, near).nearest(scope, 'plain', asked, 10);
  await database.exec('DROP EXTENSION vector CASCADE');
  expect([...(await new Vectors(query, near).nearest(scope, 'plain', asked, 10)).keys()]).toEqual([
    ...(await new Vectors(query, blind()).nearest(scope, 'plain', asked, 10)).keys(),
  ]);
  expect(found.size).toBe(10);
  await near.tend();
  await database.exec(
    'CREATE ROLE visitor; GRANT ALL ON ALL TABLES IN SCHEMA public TO visitor; SET ROLE visitor',
  );
  await expect(query('CREATE EXTENSION vector')).rejects.toThrow(/permission denied/);
  await database.exec(setUp);
  await database.exec('RESET ROLE');
  expect(await query(`SELECT extname FROM pg_extension WHERE extname = 'vector'`)).toEqual([]);
  await database.exec(setUp);
  expect(await query(`SELECT extname FROM pg_extension WHERE extname = 'vector'`)).toHaveLength(1);
});

test('each vector is compared with the files at once, also before the database has statistics of them', async () => {
  await give('unplanned');
  await query('DELETE FROM pg_statistic');
  const plans: string[] = [];
  const explaining = async (sql: string, values?: unknown[]) => {
    const plan = await query(`EXPLAIN ${sql}`, values);
    plans.push(plan.map((row) => row['QUERY PLAN']).join('\n'));
    return query(sql, values);
  };
  const scope = { stores: ['vs'], chunks: FILES * CHUNKS_OF_FILE };
  const near = await new Vectors(explaining, blind()).nearest(scope, 'unplanned', direction(), WANTED);
  expect(near.size).toBe(WANTED);
  expect(plans.join('\n')).toContain('hashed SubPlan');
  expect(plans.join('\n')).not.toContain('Nested Loop');
});
