import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDocuments } from '../../src/knowledge/sources/documents.ts';
import { findFiles } from '../../src/knowledge/sources/find.ts';
import { readProperties } from '../../src/knowledge/sources/properties.ts';
import type { KnowledgeEntry } from '../../src/settings/knowledge-fields.ts';
import { tempFolder } from '../store/temp-folder.ts';

/** A folder with these files. */
async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await tempFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

async function read(root: string, ...entries: (string | KnowledgeEntry)[]) {
  const named = entries.map((entry) => (typeof entry === 'string' ? { path: entry } : entry));
  const { documents, problems } = await readDocuments(await findFiles(root, named));
  return {
    documents,
    paths: documents.map(({ path }) => path),
    problems: problems.map(({ path, reason }) => `${path} ${reason}`),
  };
}

test('files, folders and globs are found, each file once; what is hidden is not, unless it is named', async () => {
  const root = await folderWith({
    'README.md': 'a',
    'docs/a.md': 'b',
    'docs/deep/er/b.txt': 'c',
    'docs/.git/config': 'no',
    'docs/.env': 'no',
    'docs/node_modules/x/readme.md': 'no',
    'docs/a.md.meta.yaml': 'title: A',
    'docs/.knowledge.yaml': 'owner: O',
    'wiki/one.md': 'd',
    'wiki/sub/two.md': 'e',
    'wiki/sub/.three.md': 'no',
    'wiki/two.txt': 'no',
    '.github/help.md': 'f',
    '[odd] (name)/x*.md': 'g',
  });
  const found = await read(
    root,
    'README.md',
    './docs',
    'docs/a.md',
    'wiki/**/*.md',
    '.github',
    '[odd] (name)',
  );
  expect(found.problems).toEqual([]);
  expect(found.paths.sort()).toEqual(
    [
      '.github/help.md',
      'README.md',
      '[odd] (name)/x*.md',
      'docs/a.md',
      'docs/deep/er/b.txt',
      'wiki/one.md',
      'wiki/sub/two.md',
    ].sort(),
  );
});

test('what an entry names and is not there is told, and keeps what was read of it', async () => {
  const root = await folderWith({ 'docs/a.txt': 'a', 'one.md': 'b' });
  mkdirSync(join(root, 'empty'));
  const found = await findFiles(root, [
    { path: 'gone.md' },
    { path: 'docs/*.md' },
    { path: 'nowhere/*.md' },
    { path: 'empty', audience: ['slack:C0123'] },
    { path: 'one.md/two' },
  ]);
  expect(found.files).toEqual([]);
  expect(found.problems).toEqual([
    { path: 'gone.md', reason: 'does not exist', keeps: true },
    { path: 'docs/*.md', reason: 'matches no file', keeps: true },
    { path: 'nowhere', reason: 'does not exist', keeps: true },
    { path: 'empty', reason: 'holds no documents', keeps: true, audience: ['slack:C0123'] },
    { path: 'one.md/two', reason: 'does not exist', keeps: true },
  ]);
});

test('links that lead out of the folder are told and not followed; links inside lead to one document, circles end', async () => {
  const outside = await folderWith({ 'secret.txt': 'no', 'dir/also.txt': 'no' });
  const root = await folderWith({ 'docs/a.md': 'a', 'docs/sub/b.md': 'b' });
  const link = (target: string, name: string) => symlinkSync(target, join(root, name));
  link(join(outside, 'secret.txt'), 'docs/out.txt');
  link(join(outside, 'dir'), 'docs/out');
  link('/etc/passwd', 'docs/sub/passwd');
  link('../../../..', 'docs/sub/up');
  link(join(root, 'docs/a.md'), 'docs/again.md');
  link('..', 'docs/sub/circle');
  link('nowhere', 'docs/broken');
  link(join(outside, 'dir'), 'named');
  const reason = 'is a link that leads out of the folder, and is not followed';
  const expected = ['docs/out', 'docs/out.txt', 'docs/sub/passwd', 'docs/sub/up'].map(
    (path) => `${path} ${reason}`,
  );
  const found = await read(root, 'docs', 'named');
  expect(found.paths).toEqual(['docs/a.md', 'docs/sub/b.md', 'named/also.txt']);
  expect(found.problems).toEqual(['docs/broken does not exist', ...expected].sort());
  const byGlob = await read(root, 'docs/**/*');
  expect(byGlob.paths).toEqual(['docs/a.md', 'docs/sub/b.md']);
  expect(byGlob.problems).toEqual(found.problems);
});

test('names of all kinds are read and kept apart', async () => {
  const names = [
    'with space.md',
    'Größe.md',
    'Cafe\u0301.md',
    'Caf\u00e9.md',
    'two\nlines.md',
    '..hidden-not.md'.slice(1).replace('.', '_'),
    'trailing dot..md',
    'quote\'".md',
    '日本語.md',
    '%2e%2e.md',
    '-rf.md',
    'a'.repeat(240),
  ];
  const root = await folderWith(Object.fromEntries(names.map((name, at) => [`docs/${name}`, `text ${at}`])));
  writeFileSync(
    Buffer.concat([Buffer.from(join(root, 'docs/')), Buffer.from([0x66, 0xff, 0x2e])]),
    'no UTF-8',
  );
  const found = await read(root, 'docs');
  expect(new Set(found.paths)).toEqual(new Set(names.map((name) => `docs/${name}`)));
  expect(found.problems).toEqual(['docs/f\ufffd. has a name that is not in UTF-8: rename it']);
});

test('an empty file is told, and one that may not be read keeps what was read of it', async () => {
  const root = await folderWith({ 'docs/empty.md': '', 'docs/a.md': 'a' });
  const found = await readDocuments(await findFiles(root, [{ path: 'docs' }]));
  expect(found.problems).toEqual([{ path: 'docs/empty.md', reason: 'is empty', keeps: false }]);
  if (process.getuid?.() === 0) return;
  chmodSync(join(root, 'docs/a.md'), 0);
  const { problems } = await readDocuments(await findFiles(root, [{ path: 'docs/a.md' }]));
  expect(problems).toMatchObject([
    { path: 'docs/a.md', reason: 'may not be read by the user that runs Bobbin', keeps: true },
  ]);
});

test('a file that changes while it is read is read once more, and then told', async () => {
  const root = await folderWith({ 'log.txt': 'x' });
  // What the system writes as it is read says another size than it has.
  const found = await readDocuments({
    files: [{ file: '/proc/self/stat', path: 'stat', folders: ['/proc/self'], audiences: [] }],
    problems: [],
  });
  expect(found.problems).toEqual([{ path: 'stat', reason: 'changes while it is read', keeps: true }]);
  expect((await read(root, 'log.txt')).paths).toEqual(['log.txt']);
});

test('a document’s address, title, owner and date come from its front matter, then a side file, then its folders, then itself', async () => {
  const root = await folderWith({
    'docs/.knowledge.yaml':
      'url: https://wiki.example.com/docs\nowner: Docs team\ntitle: not theirs\ndate: 2001-01-01',
    'docs/deep/.knowledge.yaml': 'owner: Deep team',
    'docs/full.md':
      '---\ntitle: Full\nurl: https://example.com/full\ndate: 2026-03-31\nlayout: post\n---\n# Full',
    'docs/side.pdf': 'x',
    'docs/side.pdf.meta.yaml': 'title: "Side"\nowner: Ada\ndate: 2026-01-02T03:04:05+02:00',
    'docs/deep/ä b.txt': 'x',
    'docs/rule.md': '---\nA line, and no front matter.\n---\nmore',
    'docs/not-md.txt': '---\ntitle: No\n---\nx',
  });
  const own = new Date('2020-02-02T02:02:02.000Z');
  utimesSync(join(root, 'docs/rule.md'), own, own);
  const { documents, problems } = await read(root, { path: 'docs', owner: 'Entry' });
  const byPath = Object.fromEntries(documents.map(({ path, properties }) => [path, properties]));
  expect(byPath['docs/full.md']).toEqual({
    title: 'Full',
    url: 'https://example.com/full',
    owner: 'Docs team',
    date: '2026-03-31',
    isFilesDate: false,
  });
  expect(byPath['docs/side.pdf']).toEqual({
    title: 'Side',
    url: 'https://wiki.example.com/docs/side.pdf',
    owner: 'Ada',
    date: '2026-01-02T01:04:05.000Z',
    isFilesDate: false,
  });
  expect(byPath['docs/deep/ä b.txt']).toMatchObject({
    url: 'https://wiki.example.com/docs/deep/%C3%A4%20b.txt',
    owner: 'Deep team',
    isFilesDate: true,
  });
  expect(byPath['docs/rule.md']).toMatchObject({ date: '2020-02-02', isFilesDate: true });
  expect(byPath['docs/not-md.txt']).not.toHaveProperty('title');
  expect(problems).toEqual(['docs/rule.md has no readable YAML in its front matter']);
});

test.each([
  ['url: javascript:alert(1)', /has a url in it that is not an address that begins with http/],
  ['url: "https://user:pass@example.com"', /has a url/],
  ['url: //example.com', /has a url/],
  ['date: yesterday', /has a date in it that is not a date such as/],
  ['title: [a, b]', /has a title in it that is not a text/],
])('%s is told and left out', (yaml, mistake) => {
  expect(readProperties(yaml, 'it')).toEqual({
    told: {},
    mistakes: [expect.stringMatching(mistake)],
    isClosed: false,
  });
});

test.each([
  ['one that names nobody', 'audience: []'],
  ['one that names nobody known', 'audience: [managers]'],
  ['one that is misspelt', 'audiance: slack:C0123'],
  ['one in capitals', 'Audience: slack:C0123'],
  ['one in YAML that cannot be read', 'title: "x\naudience: slack:C0123'],
  ['one that is empty', 'audience:'],
])('a document whose audience is %s is left out', async (_, yaml) => {
  const root = await folderWith({ 'docs/a.md': `---\n${yaml}\n---\ntext` });
  const { paths, problems } = await read(root, 'docs');
  expect(paths).toEqual([]);
  expect(problems).toContain('docs/a.md is left out, because who may see it is not known');
});

test('every audience that applies to a document narrows it down', async () => {
  const root = await folderWith({
    'hr/.knowledge.yaml': 'audience: [slack:S0HR, slack:C0HR]',
    'hr/pay.md': '---\naudience: slack:U0BOSS\n---\nx',
    'hr/leave.md': 'x',
    'open.md': 'x',
  });
  const alone = await read(root, 'hr/leave.md');
  expect(alone.documents[0]?.audience).toEqual([['slack:C0HR', 'slack:S0HR']]);
  const { documents } = await read(root, { path: '.', audience: ['slack:C0ALL'] }, 'hr/leave.md');
  const audiences = Object.fromEntries(documents.map(({ path, audience }) => [path, audience]));
  expect(audiences).toEqual({
    'hr/leave.md': [['slack:C0ALL'], ['slack:C0HR', 'slack:S0HR']],
    'hr/pay.md': [['slack:C0ALL'], ['slack:C0HR', 'slack:S0HR'], ['slack:U0BOSS']],
    'open.md': [['slack:C0ALL']],
  });
});

test('no YAML at all makes it throw, and none that speaks of an audience opens a document', () => {
  const piece = fc.oneof(
    fc.constantFrom('audience', ':', ' ', '\n', '- ', '[', '{', '"', '&a', '*a', '!!js', 'slack:C0'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const yaml = pieces.join('');
      const { told, isClosed } = readProperties(yaml, 'it');
      if (/^audience\s*:/m.test(yaml) && told.audience === undefined && !/["[{&*!-]/.test(yaml))
        expect(isClosed).toBe(true);
    }),
  );
});
