import { describe, expect, test } from 'vitest';
import { SearchEngine } from '../../../src/assistants/file-search/search/search-engine.ts';
import { phrasesOf, termsOf } from '../../../src/assistants/file-search/search/terms.ts';
import type { SearchIndex } from '../../../src/store/search-index.ts';
import { openMemory, openScene, uploaded } from '../../assistants/file-search/scene.ts';
import { knowledgeScene } from '../../knowledge/scene.ts';
import { postgresScene } from './scene.ts';

const { connect, cut, freshDatabase, open } = postgresScene();

const put = (index: SearchIndex, file: string, ...texts: string[]) =>
  index.put({
    store: 'vs',
    file,
    title: `title${file}`,
    attributes: {},
    chunks: texts.map((text) => ({ text, headings: [`heading${text}`], place: {}, parts: `part${text}` })),
  });

async function found(index: SearchIndex, word: string): Promise<string[]> {
  const candidates = await index.candidates({ stores: ['vs'], terms: [[word]], phrases: [], limit: 50 });
  return (await index.read(candidates.map(({ id }) => id))).map(({ text }) => text).sort();
}

const PASSAGES: [heading: string, text: string][] = [
  ['Holidays', 'Every employee has thirty days of holiday a year. Holidays that are left are lost in March.'],
  [
    'Sick leave',
    'Call your manager before nine when you are ill. A holiday in which you are ill is given back.',
  ],
  ['Wi-Fi', 'The wi-fi password of the guests changes each Monday; the wifi of employees has none.'],
  ['Printer', 'The second floor has a printer. Use getUserName() or user_name to print as somebody else.'],
  [
    'Urlaubsantrag',
    'Der Urlaubsantrag wird von der Personalabteilung geprüft, und die Straße zum Büro ist gesperrt.',
  ],
  ['Versions', 'Release v2.10.1 needs Node 26. C++ and C# are built by the second printer of the floor.'],
  ['会议', '会议室的预订需要经理批准。'],
  ['Path', 'The configuration stands in /etc/bobbin/config.yaml, at the path that BOBBIN_CONFIG names.'],
  ['Expenses', 'Expenses are paid within a month. Expenses, expenses and expenses again: send the bill.'],
  ['Long', `Of many things, ${'one after the other, '.repeat(40)} and of a holiday at the end.`],
];

const QUESTIONS = [
  'How many holidays does an employee have?',
  'What is the wifi password?',
  'Where is the second floor printer?',
  'get user name',
  'Wer prüft meinen Antrag auf Urlaub?',
  'Strasse zum Buero',
  'v2.10.1',
  'C++',
  '会议室',
  '/etc/bobbin/config.yaml',
  'expenses',
  'ill',
];

test('finds what SQLite finds, and the same first', async () => {
  const both = [openMemory().searchIndex, (await open(await freshDatabase())).searchIndex];
  for (const index of both)
    for (const [at, [heading, text]] of PASSAGES.entries())
      await new SearchEngine(index).put({
        store: 'vs',
        file: `${at}`,
        title: `${at}.md`,
        attributes: {},
        chunks: [{ headings: [heading], text, place: {} }],
      });
  for (const question of QUESTIONS) {
    const [lite, full] = await Promise.all(
      both.map(async (index) => {
        const asked = { stores: ['vs'], terms: termsOf(question), phrases: phrasesOf(question), limit: 10 };
        const candidates = await index.candidates(asked);
        const read = await index.read(candidates.map(({ id }) => id));
        return new Map(read.map(({ file }, at) => [file, candidates[at]?.lexical ?? 0]));
      }),
    );
    expect([question, [...(full?.keys() ?? [])].sort()]).toEqual([
      question,
      [...(lite?.keys() ?? [])].sort(),
    ]);
    const best = (found: Map<string, number> | undefined) =>
      [...(found ?? [])].sort(([, one], [, other]) => other - one)[0]?.[0];
    expect([question, best(full)]).toEqual([question, best(lite)]);
  }
});

test('any text is kept as it is, and a chunk of any length is found by its beginning', async () => {
  const { searchIndex } = await open(await freshDatabase());
  const long = Array.from({ length: 60_000 }, (_, at) => `word${at}`).join(' ');
  const texts = ['zero\0byte', 'half \ud83d of a pair', "quote ' and \\ here", long];
  const attributes = { note: 'zero\0 byte' };
  const chunks = texts.map((text) => ({
    text,
    headings: [text.slice(0, 20)],
    place: { lines: [1, 2] },
    parts: '',
  }));
  await searchIndex.put({ store: 'vs', file: 'a', title: 'a\0b', attributes, chunks });
  expect((await searchIndex.chunks('vs', 'a')).map(({ text }) => text)).toEqual(texts);
  expect(await found(searchIndex, 'byte')).toEqual(['zero\0byte']);
  expect(await found(searchIndex, 'word7')).toEqual([long]);
});

test('a put that fails in its midst, or whose connection is cut, leaves what was there', async () => {
  const database = await freshDatabase();
  const { searchIndex } = await open(database);
  await put(searchIndex, 'a', 'apple');
  const chunk = { text: 'pear', headings: [], place: {}, parts: '' };
  const file = { store: 'vs', file: 'a', title: 'a', attributes: {} };
  const broken = [...Array.from({ length: 30 }, () => chunk), { ...chunk, place: 1n }];
  await expect(searchIndex.put({ ...file, chunks: broken })).rejects.toThrow(TypeError);
  const large = searchIndex.put({ ...file, chunks: Array.from({ length: 3_000 }, () => chunk) });
  const whole = large.then(
    () => 'whole',
    (error: unknown) => error,
  );
  expect(await found(searchIndex, 'apple')).toEqual(['apple']);
  await cut(database, 'bobbin');
  expect(await whole).toBeInstanceOf(Error);
  // The other connections are cut, too.
  await expect.poll(() => found(searchIndex, 'apple').catch(() => undefined)).toEqual(['apple']);
  expect(await found(searchIndex, 'pear')).toEqual([]);
  expect(await searchIndex.count()).toEqual({ chunks: 1, vectors: 0 });
  await put(searchIndex, 'a', 'plum');
  expect(await found(searchIndex, 'plum')).toEqual(['plum']);
});

describe('many processes', () => {
  test('find at once what any of them has put, removed or given a vector', async () => {
    const database = await freshDatabase();
    const [one, two] = [(await open(database)).searchIndex, (await open(database)).searchIndex];
    await put(one, 'a', 'apple');
    expect(await found(two, 'apple')).toEqual(['apple']);
    const [chunk] = await two.walk(0, 1);
    const values = Float32Array.of(0.6, 0.8);
    await two.addVectors('g', [[chunk?.id ?? 0, values]]);
    const asked = { stores: ['vs'], terms: [], phrases: [], vector: { generation: 'g', values }, limit: 5 };
    expect((await one.candidates(asked))[0]?.semantic).toBeCloseTo(1, 2);
    await two.setAttributes('vs', 'a', { year: 2026 });
    const filter = { type: 'eq' as const, key: 'year', value: 2026 };
    expect(await one.candidates({ ...asked, filter })).toHaveLength(1);
    await put(two, 'a', 'pear');
    expect([await found(one, 'apple'), await found(one, 'pear')]).toEqual([[], ['pear']]);
    await one.remove('vs');
    expect(await found(two, 'pear')).toEqual([]);
  });

  test.each([
    ['a file', 'a'],
    ['all of a vector store', undefined],
  ])('remove %s also where another one was about to have put it when it died', async (_, file) => {
    const database = await freshDatabase();
    const [one, two] = [await open(database), await open(database)];
    const inside = await connect(database);
    // What a dead process has asked for last is done all the same: here its commit, which waits until it is let go.
    await inside.query(`SELECT pg_advisory_lock(42);
      CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER late AFTER INSERT ON bobbin_search_files DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait()`);
    const late = put(one.searchIndex, 'a', 'apple');
    const waiting = `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
    const waits = (n: number) => expect.poll(async () => (await inside.query(waiting)).rows).toEqual([{ n }]);
    await waits(1);
    const removed = two.searchIndex.remove('vs', file);
    await Promise.race([removed, waits(2)]);
    await inside.query('SELECT pg_advisory_unlock(42)');
    await Promise.all([late, removed]);
    expect(await found(two.searchIndex, 'apple')).toEqual([]);
    expect(await two.searchIndex.count()).toEqual({ chunks: 0, vectors: 0 });
  });

  test('put, remove and give vectors in each other’s way, and each file is whole or gone', async () => {
    const database = await freshDatabase();
    const all = [await open(database), await open(database), await open(database)].map(
      (one) => one.searchIndex,
    );
    const work = async (index: SearchIndex, process: number) => {
      for (let round = 0; round < 8; round++) {
        for (const file of ['a', 'b', 'c']) await put(index, file, `one${process}`, `two${process}`, 'same');
        const walked = await index.walk(0, 100);
        await index.addVectors(
          'g',
          walked.map(({ id }) => [id, Float32Array.of(1, 0)]),
        );
        await index.remove('vs', 'b');
      }
      await put(index, 'b', `one${process}`, `two${process}`, 'same');
    };
    await Promise.all(all.map(work));
    for (const file of ['a', 'b', 'c']) {
      const texts = ((await all[0]?.chunks('vs', file)) ?? []).map(({ text }) => text);
      const [, process] = /^one(\d)$/.exec(texts[0] ?? '') ?? [];
      expect(texts).toEqual([`one${process}`, `two${process}`, 'same']);
    }
    await all[0]?.remove('vs');
    const left = await connect(database).then((client) =>
      client.query(
        'SELECT (SELECT count(*)::int FROM bobbin_search_chunks) AS chunks, (SELECT count(*)::int FROM bobbin_search_vectors) AS vectors',
      ),
    );
    expect(left.rows).toEqual([{ chunks: 0, vectors: 0 }]);
  });

  test('share the files that wait, and find what the others indexed', async () => {
    const database = await freshDatabase();
    const [first, second] = [await open(database), await open(database)];
    const scenes = [first, second].map((store) =>
      openScene({ store, ...(store.locks && { locks: store.locks }) }),
    );
    const [one, two] = scenes as [(typeof scenes)[0], (typeof scenes)[0]];
    const file_ids: string[] = [];
    for (const name of ['1.txt', '2.txt', '3.txt'])
      file_ids.push(await uploaded(one.client, `Text of ${name}`, name));
    const { id } = await one.client.vectorStores.create({});
    await Promise.all(
      file_ids.map((file_id, at) => scenes[at % 2]?.client.vectorStores.files.createAndPoll(id, { file_id })),
    );
    for (const { client } of scenes)
      expect(
        (await client.vectorStores.search(id, { query: 'text' })).data.map(({ filename }) => filename).sort(),
      ).toEqual(['1.txt', '2.txt', '3.txt']);
    expect([...one.documents.names, ...two.documents.names].sort()).toEqual(['1.txt', '2.txt', '3.txt']);
  });

  test('sync the knowledge one at a time, and find what another has brought', async () => {
    const database = await freshDatabase();
    const files = { 'docs/a.md': 'alpha', 'docs/b.md': 'beta' };
    const scene = async () => {
      const store = await open(database);
      return knowledgeScene(files, ['docs'], { store, ...(store.locks && { locks: store.locks }) });
    };
    const [one, two] = [await scene(), await scene()];
    const release = one.documents.hold();
    const first = one.knowledge.sync.run();
    await expect.poll(() => one.documents.names.length).toBeGreaterThan(0);
    await expect(two.knowledge.sync.run()).rejects.toThrow('Another process is syncing already');
    release();
    await first;
    expect(await two.knowledge.sync.run()).toMatchObject({ unchanged: 2 });
    expect(await two.found('alpha')).toEqual(['docs/a.md']);
  });
});

test('of what was removed or replaced nothing is left, nor in what the database learnt of its tables', async () => {
  const database = await freshDatabase();
  const store = await open(database);
  const inside = await connect(database);
  const everything = async () => {
    const { rows } = await inside.query(`SELECT table_name, query_to_xml(
        format('SELECT t::text FROM %I AS t', table_name), true, false, '') AS rows
      FROM information_schema.tables WHERE table_schema = 'public'
      UNION ALL SELECT 'statistics', query_to_xml('SELECT s::text FROM pg_stats AS s WHERE schemaname = ''public''', true, false, '')`);
    return JSON.stringify(rows);
  };
  const many = Array.from({ length: 200 }, (_, at) => `zebra${at % 90}`);
  await put(store.searchIndex, 'gonefile', ...many);
  await put(store.searchIndex, 'replaced', ...many.slice(0, 10));
  await put(store.searchIndex, 'kept', 'kiwi');
  await inside.query('ANALYZE');
  expect(await everything()).toMatch(/zebra/);
  await put(store.searchIndex, 'replaced', 'melon');
  await store.searchIndex.remove('vs', 'gonefile');
  await store.scrub();
  const left = await everything();
  expect([/zebra/.test(left), /kiwi/.test(left)]).toEqual([false, true]);
});
