import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SearchEngine } from '../../../src/assistants/file-search/search/search-engine.ts';
import { phrasesOf, termsOf } from '../../../src/assistants/file-search/search/terms.ts';
import type { SearchIndex } from '../../../src/store/search-index.ts';
import type { Store } from '../../../src/store/store.ts';
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
  ['Holiday pay', 'Whoever works on a day off is paid for it, in money or time.'],
  ['Long', `Of many things, ${'one after the other, '.repeat(40)} and of a holiday at the end.`],
];

/** What an earlier Bobbin made of the same passages. */
const OF_EARLIER = [
  "'guid':1 '^guid':1 'md':2 '^md':2 'travel':3,11 '^travel':3 'expens':4 '^expens':4 'meal':7 'ar':8 'paid':9 'and':10 'is':12 'daili':14 'rate':15",
  "'guid':1 '^guid':1 'md':2 '^md':2 'travel':3 '^travel':3 'meal':4 '^meal':4 'ask':7 'for':8 'the':9 'expens':10 'first':11 'daili':13 'rate':14",
  "'guid':1 '^guid':1 'md':2 '^md':2 'meal':5 'expens':6 'and':7 'travel':8 'daili':10 'rate':11",
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

describe('ranks as SQLite does', () => {
  const both = async () => [openMemory().searchIndex, (await open(await freshDatabase())).searchIndex];

  /** Each file that is found, with how much its best chunk has of what is asked for. */
  async function ranked(index: SearchIndex, question: string, stores = ['vs']): Promise<Map<string, number>> {
    const asked = { stores, terms: termsOf(question), phrases: phrasesOf(question), limit: 100 };
    const candidates = await index.candidates(asked);
    const read = await index.read(candidates.map(({ id }) => id));
    const scored = read.map(({ file, place }, at): [string, number] => [
      `${file} ${JSON.stringify(place)}`,
      Number(candidates[at]?.lexical.toFixed(6)),
    ]);
    return new Map(scored.sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  test('by words, headings, spellings and words side by side', async () => {
    const [lite, full] = await both();
    for (const index of [lite, full])
      for (const [at, [heading, text]] of PASSAGES.entries())
        await new SearchEngine(index as SearchIndex).put({
          store: 'vs',
          file: `${at}`,
          title: `${at}.md`,
          attributes: {},
          chunks: [{ headings: ['Handbook', heading], text, place: {} }],
        });
    for (const question of QUESTIONS) {
      const expected = await ranked(lite as SearchIndex, question);
      expect([question, expected.size > 0]).toEqual([question, true]);
      expect([question, await ranked(full as SearchIndex, question)]).toEqual([question, expected]);
    }
  });

  test('any passages, for any question', async () => {
    const [lite, full] = (await both()) as [SearchIndex, SearchIndex];
    const word = fc.constantFrom(
      'apple',
      'pears',
      'plum',
      'wi-fi',
      'wifi',
      'userName',
      'über',
      'Straßen',
      '会议室',
    );
    const words = (maxLength: number) => fc.array(word, { maxLength }).map((all) => all.join(' '));
    const chunk = fc.record({
      headings: fc.array(words(3), { maxLength: 3 }),
      text: words(30),
      place: fc.constant({}),
    });
    const files = fc.array(fc.record({ title: words(2), chunks: fc.array(chunk, { maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    let stores = 0;
    await fc.assert(
      fc.asyncProperty(files, words(5), async (all, question) => {
        const store = `any${stores++}`;
        for (const index of [lite, full])
          for (const [at, { title, chunks }] of all.entries()) {
            const placed = chunks.map((one, place) => ({ ...one, place }));
            const file = { store, file: `${at}`, title, attributes: {}, chunks: placed };
            await new SearchEngine(index).put(file);
          }
        expect(await ranked(full, question, [store])).toEqual(await ranked(lite, question, [store]));
      }),
      // More would be so many passages that the frequent ones are counted less exactly.
      { numRuns: 25 },
    );
  });

  test('what is near in meaning and is not chosen by its words has its words counted, too', async () => {
    const found = await Promise.all(
      (await both()).map(async (index) => {
        await put(index, 'a', 'apple pear', 'apple');
        const walked = await index.walk(0, 10);
        const vectors = walked.map(({ id }, at): [number, Float32Array] => [id, Float32Array.of(at, 1 - at)]);
        await index.addVectors('g', vectors);
        const vector = { generation: 'g', values: Float32Array.of(1, 0) };
        const asked = { stores: ['vs'], terms: [['apple'], ['pear']], phrases: [], vector, limit: 1 };
        const candidates = await index.candidates(asked);
        return candidates.map((one) => [one.lexical.toFixed(6), one.semantic?.toFixed(3)]).sort();
      }),
    );
    expect(found[0]).toHaveLength(2);
    expect(found[1]).toEqual(found[0]);
  });
});

test('what an earlier Bobbin has put is ranked as if it were put now, whoever of many begins to bring it up to date', async () => {
  const database = await freshDatabase();
  const first = await open(database);
  const chunk = (text: string, ...headings: string[]) => ({ text, headings, place: {}, parts: 'daily rate' });
  const file = { store: 'vs', file: 'a', title: 'guide.md', attributes: {} };
  const chunks = [
    chunk('Meals are paid, and travel is.', 'Travel', 'Expenses'),
    chunk('Ask for the expenses first.', 'Travel', 'Meals'),
    chunk('Meals, expenses and travel.'),
    ...Array.from({ length: 150 }, (_, at) => chunk(`Number ${at}.`, 'Numbers')),
  ];
  await first.searchIndex.put({ ...file, chunks });
  const scores = async (index: SearchIndex) => {
    const asked = { stores: ['vs'], terms: [['expenses'], ['travel'], ['meals']], phrases: [], limit: 10 };
    const all = (await index.candidates(asked)).map(({ id, lexical }) => [id, lexical.toFixed(6)]);
    return Object.fromEntries(all);
  };
  const expected = await scores(first.searchIndex);
  expect(new Set(Object.values(expected)).size).toBe(3);
  await first.close();

  const inside = await connect(database);
  await inside.query(`ALTER TABLE bobbin_search_chunks DROP heading; UPDATE bobbin_schema SET version = 3;
    UPDATE bobbin_search_chunks SET words = setweight(words, 'D')`);
  for (const [at, words] of OF_EARLIER.entries())
    await inside.query(
      `UPDATE bobbin_search_chunks SET words = $2::tsvector
       WHERE id = (SELECT id FROM bobbin_search_chunks ORDER BY id OFFSET $1 LIMIT 1)`,
      [at, words],
    );
  const all = await Promise.all([open(database), open(database), open(database)]);
  await expect.poll(() => scores((all[2] as Store).searchIndex)).toEqual(expected);
  const left = 'SELECT count(*)::int AS left FROM bobbin_search_chunks WHERE heading IS NULL';
  await expect.poll(async () => (await inside.query(left)).rows).toEqual([{ left: 0 }]);

  // One that runs on beside the new ones puts as it did.
  await inside.query(
    'UPDATE bobbin_search_chunks SET heading = NULL WHERE id = (SELECT min(id) FROM bobbin_search_chunks)',
  );
  expect(Object.keys(await scores((all[0] as Store).searchIndex))).toEqual(Object.keys(expected));
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
