import { expect, test } from 'vitest';
import { chunksOf } from '../../../../src/assistants/file-search/chunks/chunks-of.ts';
import type { Document } from '../../../../src/assistants/file-search/documents/document.ts';
import { parse } from '../../../../src/assistants/file-search/documents/parse.ts';
import { docx, pptx, word, xlsx, zip } from './office-files.ts';
import { pdf } from './pdf-file.ts';

function read(name: string, content: string | Uint8Array): Promise<Document> {
  return parse({ name, bytes: typeof content === 'string' ? Buffer.from(content) : content });
}

/** The blocks as lines that say all of them: kind and level, place, text. */
async function outline(name: string, content: string | Uint8Array): Promise<string[]> {
  const { blocks } = await read(name, content);
  return blocks.map(({ kind, level = '', text, place }) => {
    const where = Object.entries(place).map(([part, at]) => ` ${part} ${[at].flat().join('-')}`);
    return `${kind}${level}${where.join('')}: ${text.replaceAll('\n', ' ⏎ ')}`;
  });
}

test('Word: headings, paragraphs, lists and tables', async () => {
  const file = docx(
    word.heading(1, 'Travel'),
    word.text('Ask &amp; book.'),
    word.heading(2, 'Trains'),
    word.item('first class'),
    word.item('with a seat', 1),
    word.table([
      ['City', 'Hours'],
      ['Rome | Milan', '3'],
    ]),
  );
  expect(await outline('a.docx', file)).toEqual([
    'heading1: Travel',
    'text: Ask & book.',
    'heading2: Trains',
    'list: - first class ⏎   - with a seat',
    'table: | City | Hours | ⏎ | --- | --- | ⏎ | Rome \\| Milan | 3 |',
  ]);
});

test('PowerPoint: slides with what is said to them, none of which stands under the title of another', async () => {
  const file = pptx(
    { title: 'Plan', body: 'We grow.', notes: 'Smile here.' },
    { title: '', body: 'No title.' },
  );
  expect(await outline('a.pptx', file)).toEqual([
    'heading1 slide 1: Plan',
    'text slide 1: We grow.',
    'text slide 1: Note: Smile here.',
    'text slide 2: No title.',
  ]);
  const chunks = chunksOf(await read('a.pptx', file));
  expect(chunks.map(({ headings, place }) => [headings, place])).toEqual([
    [['Plan'], { slide: 1 }],
    [[], { slide: 2 }],
  ]);
});

test('Excel: tables by rows, with the header of their sheet, and titles and numbers without one', async () => {
  const file = xlsx({
    People: {
      ...{ A1: 'Staff of 2026', A3: 'Name', C3: 'Age', A4: 'Ann', C4: 30, A5: 'Bo' },
      ...{ A8: 'Cy', C8: 41 },
    },
    Numbers: { A1: 1, B1: 2, A2: 3, B2: 4 },
    Far: { A1: 'near', XFD1048576: 'far' },
  });
  expect(await outline('a.xlsx', file)).toEqual([
    'heading1 sheet People: People',
    'text sheet People rows 1-1: Staff of 2026',
    'table sheet People rows 4-5: | Name | Age | ⏎ | --- | --- | ⏎ | Ann | 30 | ⏎ | Bo |',
    'table sheet People rows 8-8: | Name | Age | ⏎ | --- | --- | ⏎ | Cy | 41 |',
    'heading1 sheet Numbers: Numbers',
    'table sheet Numbers rows 1-2: | A | B | ⏎ | --- | --- | ⏎ | 1 | 2 | ⏎ | 3 | 4 |',
    'heading1 sheet Far: Far',
    'text sheet Far rows 1-1: near',
    'text sheet Far rows 1048576-1048576: far',
  ]);
});

test.each([
  ['commas', 'a.csv', 'Name,Note\nAnn,"x, ""y""\nz"\nBo,\n', ''],
  ['semicolons, of a German spreadsheet', 'a.csv', 'Name;Note\r\nAnn;"x, ""y""\r\nz"\r\nBo;\r\n', ''],
  ['tabs', 'a.tsv', 'Name\tNote\nAnn\tx, "y" z\nBo\t', ''],
  ['what its first line says', 'a.csv', 'sep=|\nName|Note\nAnn|x, "y" z\nBo|', ''],
])('CSV with %s', async (_, name, text) => {
  const rows = '| Name | Note | ⏎ | --- | --- | ⏎ | Ann | x, "y" z | ⏎ | Bo |';
  expect(await outline(name, text)).toEqual([`table rows 2-3: ${rows}`]);
});

test('a long CSV repeats its header in every chunk, whose rows go on where those of the last one end', async () => {
  const lines = Array.from({ length: 500 }, (_, at) => `${at},"name of number ${at}"`);
  const chunks = chunksOf(await read('a.csv', `Number,Name\n${lines.join('\n')}`));
  let next = 2;
  for (const { text, place } of chunks) {
    const [head, , ...rows] = text.split('\n');
    expect(head).toBe('| Number | Name |');
    expect(place.rows).toEqual([next, next + rows.length - 1]);
    expect(rows[0]).toContain(`| ${next - 2} |`);
    next += rows.length;
  }
  expect(next).toBe(502);
});

test('PDF: pages, larger lines as headings that go on over pages, and words that lines have parted', async () => {
  const file = pdf(
    [['Handbook', 20], 'This is of the usual si-', 'ze (mostly).', '', ['Leave', 14], 'Thirty days.'],
    ['And so on for a while.'],
  );
  expect(await outline('a.pdf', file)).toEqual([
    'heading1 page 1: Handbook',
    'text page 1: This is of the usual size (mostly).',
    'heading2 page 1: Leave',
    'text page 1: Thirty days.',
    'text page 2: And so on for a while.',
  ]);
  expect(chunksOf(await read('a.pdf', file)).at(-1)).toMatchObject({
    headings: ['Handbook', 'Leave'],
    place: { page: 2 },
  });
});

test('PDF: the heads and feet of pages are text of it once', async () => {
  const pages = ['One.', 'Two.', 'Three.', 'Four.'].map((text, at) => [
    `Handbook, page ${at + 1}`,
    text,
    'Ours',
  ]);
  expect((await read('a.pdf', pdf(...pages))).blocks.map(({ text }) => text)).toEqual([
    'Handbook, page 1\nOne.\nOurs',
    'Two.',
    'Three.',
    'Four.',
  ]);
  const short = await read('a.pdf', pdf(['Same.'], ['Same.']));
  expect(short.blocks.map(({ text }) => text)).toEqual(['Same.', 'Same.']);
});

const PAGE = `<!doctype html><html><head><title>Help &amp; more</title><style>p { x }</style></head><body>
<nav><a href="/">Home</a></nav><div role="banner">Our site</div>
<main><h1>Help <small>2</small></h1><p>Read <a href="/x">the guide</a>,<br>please.</p>
<ul><li>one<ul><li>inner</ul><li><p>two</p></ul><ol start="3"><li>three</ol>
<table><tr><th>A<th>B<tr><td>1<td>2</table>
<pre><code class="language-js">let x = 1;

  y();</code></pre><script>alert(1)</script></main><footer>Imprint</footer>`;

test('HTML: what the page says, without its frame', async () => {
  expect((await read('a.html', PAGE)).title).toBe('Help & more');
  expect(await outline('a.txt', PAGE)).toEqual([
    'heading1: Help 2',
    'text: Read the guide, ⏎ please.',
    'list: - one ⏎   - inner ⏎ - two',
    'list: 3. three',
    'table: | A | B | ⏎ | --- | --- | ⏎ | 1 | 2 |',
    'code: ```js ⏎ let x = 1; ⏎  ⏎   y(); ⏎ ```',
  ]);
});

test('HTML: tables for the looks are no tables, but keep what stands in them; captions stay, too', async () => {
  const inner = '<table><caption>Costs</caption><tr><td>a<td>b<tr><td>c<td>d</table>';
  expect(await outline('a.html', `<table><tr><td><h2>In a layout</h2>${inner}end</table>`)).toEqual([
    'text: In a layout ⏎ Costs ⏎ | a | b | ⏎ | --- | --- | ⏎ | c | d | ⏎ end',
  ]);
  expect(await outline('a.html', `x${inner}`)).toEqual([
    'text: x',
    'text: Costs',
    'table: | a | b | ⏎ | --- | --- | ⏎ | c | d |',
  ]);
});

const EMAIL = [
  'From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>',
  'To: team@example.org',
  'Subject: Key cards',
  'Date: Thu, 26 Nov 2026 10:00:00 +0100',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=PART',
  '',
  '--PART',
  'Content-Type: text/html; charset=iso-8859-1',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  '<p>Ask J=FCrgen.</p><ul><li>daily</ul>',
  '--PART',
  'Content-Disposition: attachment; filename="cards.md"',
  '',
  '# Cards',
  '',
  'They are blue.',
  '--PART',
  'Content-Type: application/octet-stream',
  'Content-Disposition: attachment; filename="tool.exe"',
  'Content-Transfer-Encoding: base64',
  '',
  Buffer.from('MZ\x90\0\x03', 'latin1').toString('base64'),
  '--PART--',
].join('\r\n');

test('email: its head, its text, and its attachments as documents with a path', async () => {
  expect(await outline('note.txt', EMAIL)).toEqual([
    'heading1: Key cards',
    'text: Subject: Key cards ⏎ From: Jürgen <j@example.org> ⏎ To: team@example.org ⏎ Date: 2026-11-26T09:00:00.000Z',
    'text: Ask Jürgen.',
    'list: - daily',
    'heading1 path cards.md lines 1-1: Cards',
    'text path cards.md lines 3-3: They are blue.',
  ]);
  const { title, unread } = await read('a.eml', EMAIL);
  expect(title).toBe('Key cards');
  expect(unread).toEqual([{ path: 'tool.exe', reason: 'is a program, not a document.' }]);
});

test('ZIP: each document with its path, also in an archive in it, and what could not be read', async () => {
  const file = zip({
    'docs/a.md': '# A\n\nalpha',
    'docs/b.docx': docx(word.text('beta')),
    'inner.zip': zip({ 'c.txt': 'gamma', 'deep.zip': zip({ 'd.txt': 'delta' }) }),
    'photo.png': Buffer.from('\x89PNG\r\n', 'latin1'),
    'empty.txt': '',
    '__MACOSX/._a.md': 'junk',
  });
  expect(await outline('all.zip', file)).toEqual([
    'heading1 path docs/a.md lines 1-1: A',
    'text path docs/a.md lines 3-3: alpha',
    'text path docs/b.docx: beta',
    'text path inner.zip/c.txt lines 1-1: gamma',
  ]);
  const { unread = [] } = await read('all.zip', file);
  expect(unread.map(({ path }) => path)).toEqual(['inner.zip/deep.zip/d.txt', 'photo.png', 'empty.txt']);
  const chunks = chunksOf(await read('all.zip', file));
  expect(chunks.map(({ headings }) => headings)).toEqual([['A'], [], []]);
});

test('source code: what begins at the margin, with its lines', async () => {
  const code = 'import x\n\n\ndef one():\n    a\n\n    return b\n\nclass Two:\n    pass\n';
  expect(await outline('src/a.py', code)).toEqual([
    'code lines 1-1: import x',
    'code lines 4-7: def one(): ⏎     a ⏎  ⏎     return b',
    'code lines 9-10: class Two: ⏎     pass',
  ]);
});

test('Markdown: lines behind front matter, a broken one too, and the words of headings', async () => {
  const text =
    '---\ntitle: "The [guide\n---\n\n# A `b` [c](d)\r\n\r\npara\r\nmore\n\n<!-- hidden -->\n\nTwo\n---\nx\n';
  expect(await outline('a.md', text)).toEqual([
    'heading1 lines 5-5: A b c',
    'text lines 7-8: para ⏎ more',
    'heading2 lines 12-13: Two',
    'text lines 14-14: x',
  ]);
  expect(await outline('a.md', '---\n\nNo front matter\n\n---\n\nx')).toEqual([
    'text lines 3-3: No front matter',
    'text lines 7-7: x',
  ]);
});

test('RTF and free office formats are read as Office files are', async () => {
  expect(await outline('a.doc', '{\\rtf1\\ansi One {\\b bold}\\par Two}')).toEqual([
    'text: One bold',
    'text: Two',
  ]);
});

test.each([
  ['UTF-8 with a mark', Buffer.from('\ufeffGrüße, 世界\nline')],
  ['UTF-16 with a mark', Buffer.from('\ufeffGrüße, 世界\nline', 'utf16le')],
  ['UTF-16 without one', Buffer.from('Grüße, 世界\nline', 'utf16le')],
  ['UTF-16 the other way round', Buffer.from('Grüße, 世界\nline', 'utf16le').swap16()],
])('text in %s', async (_, bytes) => {
  expect(await outline('a.txt', bytes)).toEqual(['text lines 1-2: Grüße, 世界 ⏎ line']);
});

test('text of old Windows programs, and what a page says of its encoding', async () => {
  expect(await outline('a.txt', Buffer.from('caf\xe9 \x93so\x94 \x80 5', 'latin1'))).toEqual([
    'text lines 1-1: café “so” € 5',
  ]);
  const page = Buffer.from('<html><meta charset="koi8-r"><p>\xd0\xd2\xc9\xd7\xc5\xd4</p>', 'latin1');
  expect(await outline('a.html', page)).toEqual(['text: привет']);
});

test('content counts for more than a name', async () => {
  expect(await outline('a.txt', pdf(['In a PDF.']))).toEqual(['text page 1: In a PDF.']);
  expect(await outline('a.zip', docx(word.text('In Word.')))).toEqual(['text: In Word.']);
  expect(await outline('a.docx', '# Markdown?')).toEqual(['text lines 1-1: # Markdown?']);
});
