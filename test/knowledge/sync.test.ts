import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { printedStatus } from '../../src/knowledge/reports/status.ts';
import { printedSync } from '../../src/knowledge/reports/sync-report.ts';
import { knowledgeScene, refused } from './scene.ts';

const WORDS = ['tunnels', 'holidays', 'coffee', 'printers', 'badges', 'parking', 'phones'];

const changes = (requests: string[]) => requests.filter((request) => !request.startsWith('GET'));

test('a sync adds, changes, describes anew, moves and removes, and uploads nothing that is there', async () => {
  const scene = await knowledgeScene({
    'docs/a.md': '# Alpha\n\nalpha one',
    'docs/b.md': '# Beta\n\nbeta one',
    'docs/c.md': '# Gamma\n\ngamma one',
    'docs/d.md': '# Delta\n\ndelta one',
  });
  const { knowledge, requests } = scene;
  const first = await knowledge.sync.run();
  expect(first).toMatchObject({
    added: ['docs/a.md', 'docs/b.md', 'docs/c.md', 'docs/d.md'],
    failures: [],
    unchanged: 0,
  });
  expect(await scene.found('alpha')).toEqual(['docs/a.md']);

  requests.length = 0;
  scene.write({
    'docs/a.md': '# Alpha\n\nalpha two',
    'docs/b.md': null,
    'docs/sub/c.md': '# Gamma\n\ngamma one',
    'docs/c.md': null,
    'docs/d.md.meta.yaml': 'title: The delta\nurl: https://example.com/d',
    'docs/e.md': '# Epsilon\n\nepsilon one',
  });
  const dry = await knowledge.sync.run({ isDry: true });
  expect(changes(requests)).toEqual([]);
  const second = await knowledge.sync.run();
  const expected = {
    added: ['docs/e.md'],
    changed: ['docs/a.md'],
    described: ['docs/d.md', 'docs/sub/c.md'],
    removed: ['docs/b.md'],
    unchanged: 0,
    failures: [],
  };
  expect(dry).toMatchObject({ ...expected, isDry: true });
  expect(second).toMatchObject({ ...expected, isDry: false });
  expect(requests.filter((request) => request === 'POST /files')).toHaveLength(2);
  expect(await scene.found('alpha gamma delta epsilon')).toEqual([
    'docs/a.md',
    'docs/d.md',
    'docs/e.md',
    'docs/sub/c.md',
  ]);
  expect(await scene.count()).toEqual({ files: 4, stored: 4 });
  const [delta] = await knowledge.search('delta', 1);
  expect(delta?.attributes).toMatchObject({
    title: 'The delta',
    url: 'https://example.com/d',
    path: 'docs/d.md',
  });

  requests.length = 0;
  expect(printedSync(await knowledge.sync.run())).toBe('Everything is up to date.\n4 unchanged.');
  expect(changes(requests)).toEqual([]);
  expect(printedStatus(await knowledge.sync.compare(), await knowledge.sync.last())).toMatch(
    /^4 documents can be searched\.\nSynced last on .*\.\nEverything is up to date\.$/,
  );
});

test('files that have not changed cost a call for each hundred, and a few', async () => {
  const names = Array.from({ length: 250 }, (_, at) => `docs/${at % 5}/${at}.md`);
  const scene = await knowledgeScene(
    Object.fromEntries(
      names.map((name, at) => [name, `a note about ${WORDS[at % 5]} and ${WORDS[at % 7]}, ${name}`]),
    ),
  );
  await scene.knowledge.sync.run();
  scene.requests.length = 0;
  expect(await scene.again().sync.run()).toMatchObject({
    unchanged: 250,
    added: [],
    changed: [],
    described: [],
  });
  expect(scene.requests.length).toBeLessThanOrEqual(3 + 2);
});

test('an older version is found until the newer one is whole, and stays where the newer one cannot be read', async () => {
  const scene = await knowledgeScene({ 'docs/a.md': 'alpha one' });
  await scene.knowledge.sync.run();
  scene.write({ 'docs/a.md': 'alpha two' });
  const release = scene.documents.hold();
  const syncing = scene.knowledge.sync.run();
  await expect.poll(() => scene.documents.names.length).toBe(2);
  expect(await scene.found('one')).toEqual(['docs/a.md']);
  release();
  expect(await syncing).toMatchObject({ changed: ['docs/a.md'] });
  expect(await scene.found('one')).toEqual([]);
  expect(await scene.found('two')).toEqual(['docs/a.md']);

  scene.write({ 'docs/a.md': '\u0000\u0001\u0002binary\u0000' });
  const failed = await scene.knowledge.sync.run();
  expect(failed).toMatchObject({ changed: [], failures: [{ path: 'docs/a.md' }] });
  expect(await scene.found('two')).toEqual(['docs/a.md']);
  // It is told again, and not tried again until it changes.
  scene.requests.length = 0;
  expect((await scene.knowledge.sync.run()).failures).toMatchObject([{ path: 'docs/a.md' }]);
  expect(changes(scene.requests)).toEqual([]);
  scene.write({ 'docs/a.md': 'alpha three' });
  await scene.knowledge.sync.run();
  expect(await scene.found('alpha')).toEqual(['docs/a.md']);
  expect(await scene.count()).toEqual({ files: 1, stored: 1 });
});

test('what cannot be reached now keeps what was read of it; what is empty or no longer named goes', async () => {
  const entries = ['docs', 'disk'];
  const scene = await knowledgeScene(
    { 'docs/a.md': 'alpha', 'docs/b.md': 'beta', 'disk/c.md': 'gamma' },
    entries,
  );
  await scene.knowledge.sync.run();
  scene.write({ 'docs/a.md': '', 'docs/b.md': null, disk: null });
  const report = await scene.knowledge.sync.run();
  expect(report.removed.sort()).toEqual(['docs/a.md', 'docs/b.md']);
  expect(report.failures).toEqual([
    { path: 'disk', reason: 'does not exist' },
    { path: 'docs/a.md', reason: 'is empty' },
  ]);
  expect(await scene.found('alpha beta gamma')).toEqual(['disk/c.md']);
});

test('while the server is busy or away all of it pauses, and then goes on without doing anything twice', async () => {
  const names = Array.from({ length: 12 }, (_, at) => `docs/${at}.md`);
  const scene = await knowledgeScene(Object.fromEntries(names.map((name) => [name, `same ${name}`])));
  const pauses: string[] = [];
  let asked = 0;
  scene.faults.next = () => {
    asked += 1;
    if (asked % 5 === 2) return refused(429, 'rate_limit_exceeded');
    if (asked % 7 === 3) return refused(503);
    if (asked % 11 === 4) throw new TypeError('fetch failed');
  };
  const report = await scene.knowledge.sync.run({ onPause: (reason) => pauses.push(reason) });
  scene.faults.next = () => undefined;
  expect(report).toMatchObject({ failures: [] });
  expect(report.interrupted).toBeUndefined();
  expect(pauses.length).toBeGreaterThan(2);
  expect(await scene.count()).toEqual({ files: 12, stored: 12 });
});

test('an endpoint that fails while documents are indexed is tried again, with the same upload', async () => {
  const scene = await knowledgeScene({ 'docs/a.md': 'alpha', 'docs/b.md': 'beta' });
  const put = scene.index.put.bind(scene.index);
  let failures = 3;
  scene.index.put = async (entry) => {
    if (failures-- > 0) throw new Error('the embeddings endpoint answers 429');
    await put(entry);
  };
  const report = await scene.knowledge.sync.run();
  expect(report).toMatchObject({ added: ['docs/a.md', 'docs/b.md'], failures: [] });
  expect(scene.requests.filter((request) => request === 'POST /files')).toHaveLength(2);
  expect(await scene.found('alpha beta')).toEqual(['docs/a.md', 'docs/b.md']);
  scene.errors.length = 0;
});

test('a CSV of 200 MB is told and not even read, and what the server does not take stops no other', async () => {
  const scene = await knowledgeScene({ 'docs/a.md': 'alpha', 'docs/big.csv': 'a,b\n', 'docs/z.md': 'omega' });
  truncateSync(join(scene.root, 'docs/big.csv'), 200_000_000);
  const refusals = [refused(413, 'too large')];
  scene.faults.next = ({ method, path }) =>
    `${method} ${path}` === 'POST /files' ? refusals.pop() : undefined;
  const report = await scene.knowledge.sync.run();
  expect(new Map(report.failures.map(({ path, reason }) => [reason, path]))).toEqual(
    new Map([
      ['is larger than the 50 MB that are read of one file: split it', 'docs/big.csv'],
      ['was refused: 413 It is too large.', expect.stringMatching(/^docs\/[az]\.md$/)],
    ]),
  );
  expect(report.added).toHaveLength(1);
  expect(await scene.knowledge.sync.run()).toMatchObject({ unchanged: 1, added: { length: 1 } });
});

test('a sync that waited long enough says what is left, and the next one goes on from there', async () => {
  const scene = await knowledgeScene({ 'docs/a.md': 'alpha', 'docs/b.md': 'beta', 'docs/c.md': 'gamma' });
  let isDown = false;
  const stop = new AbortController();
  scene.faults.next = ({ method, path }) => {
    if (method === 'POST' && path === '/files' && isDown) return refused(503);
    if (path === '/files') isDown = true;
  };
  const report = await scene.knowledge.sync.run({ signal: stop.signal, onPause: () => stop.abort() });
  expect(report.interrupted).toMatch(/^[23] of 3 changes are left to the next sync: it was stopped$/);
  expect(await scene.knowledge.sync.last()).toMatchObject({ interrupted: report.interrupted });
  scene.faults.next = () => undefined;
  await scene.again().sync.run();
  expect(await scene.count()).toEqual({ files: 3, stored: 3 });
});

test('of two syncs at once the second says so and does nothing; so does one of another process', async () => {
  const taken = new Set<string>();
  const locks = {
    take: async (name: string) => {
      if (taken.has(name)) return undefined;
      taken.add(name);
      const release = async () => void taken.delete(name);
      return { lost: new AbortController().signal, unsure: () => undefined, release };
    },
  };
  const scene = await knowledgeScene({ 'docs/a.md': 'alpha' }, ['docs'], { locks: locks as never });
  const release = scene.documents.hold();
  const first = scene.knowledge.sync.run();
  await expect.poll(() => scene.documents.names.length).toBe(1);
  scene.requests.length = 0;
  await expect(scene.knowledge.sync.run()).rejects.toThrow(
    /A sync is going on already, since .*: this one has done nothing\./,
  );
  await expect(scene.again().sync.run()).rejects.toThrow('Another process is syncing already');
  expect(changes(scene.requests)).toEqual([]);
  release();
  await first;
  expect(await scene.again().sync.run()).toMatchObject({ unchanged: 1 });
});

test('documents of an audience are in a store of their own, and leave the other before they come into it', async () => {
  const scene = await knowledgeScene({ 'docs/a.md': 'alpha', 'docs/b.md': 'beta' });
  await scene.knowledge.sync.run();
  scene.write({ 'docs/a.md.meta.yaml': 'audience: slack:C0HR' });
  const open = await scene.knowledge.openStore();
  const inOpen = async () => (await scene.client.vectorStores.search(open, { query: 'alpha' })).data.length;
  scene.faults.next = async ({ method, path }) => {
    if (method === 'POST' && path === '/files') expect(await inOpen()).toBe(0);
  };
  expect(await scene.knowledge.sync.run()).toMatchObject({ changed: ['docs/a.md'] });
  expect(await scene.found('alpha')).toEqual(['docs/a.md']);
  expect(await inOpen()).toBe(0);
  expect((await Array.fromAsync(scene.client.vectorStores.list())).map(({ name }) => name).sort()).toEqual([
    'Knowledge',
    'Knowledge for slack:C0HR',
  ]);
  scene.write({ 'docs/a.md.meta.yaml': null });
  await scene.knowledge.sync.run();
  expect(await inOpen()).toBe(1);
  expect(await scene.count()).toEqual({ files: 2, stored: 2 });
  expect((await Array.fromAsync(scene.client.vectorStores.list())).map(({ name }) => name)).toEqual([
    'Knowledge',
  ]);
});
