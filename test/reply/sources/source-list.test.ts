import { marked, type Token } from 'marked';
import { describe, expect, it, test } from 'vitest';
import type { Citation } from '../../../src/reply/sources/citations.ts';
import { type SourceListOptions, sourceList } from '../../../src/reply/sources/source-list.ts';
import type { SearchResult } from '../../../src/view.ts';
import { found } from './citing.ts';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const listOf = (citations: Citation[], more: Partial<SourceListOptions> = {}) =>
  sourceList(citations, { names: new Map(), now: NOW, ...more });
const cited = (result: SearchResult, number = 1): Citation => ({ number, fileId: result.file_id, result });
const lineOf = (more: Partial<SearchResult>, name = 'handbook.md') =>
  listOf([cited(found(name, more))]).split('\n')[1];

/** The links of some Markdown, as another parser sees them. */
function linksIn(markdown: string): { href: string; text: string }[] {
  const links: { href: string; text: string }[] = [];
  const note = (token: Token) => {
    if (token.type === 'link') links.push({ href: token.href, text: token.text });
  };
  marked.walkTokens(marked.lexer(markdown), note);
  return links;
}

describe('a source', () => {
  test.each<[string, Partial<SearchResult>, string]>([
    ['file', {}, 'handbook.md'],
    ['title', { attributes: { title: 'The Handbook', path: 'docs/handbook.md' } }, 'The Handbook'],
    ['path where there is no title', { attributes: { path: 'docs/handbook.md' } }, 'docs/handbook.md'],
    ['page', { place: { page: 3 } }, 'handbook.md, page 3'],
    ['slide', { place: { slide: 2 } }, 'handbook.md, slide 2'],
    [
      'sheet and rows',
      { place: { sheet: 'Fees 2026', rows: [4, 9] } },
      'handbook.md, sheet Fees 2026 rows 4–9',
    ],
    ['row', { place: { rows: [4, 4] } }, 'handbook.md, row 4'],
    ['lines', { place: { lines: [10, 20] } }, 'handbook.md, lines 10–20'],
    [
      'headings, which say more than lines',
      { headings: ['Leave', 'Carry over'], place: { lines: [1, 2] } },
      'handbook.md › Leave › Carry over',
    ],
    ['last headings of a long path', { headings: ['A', 'B', 'C', 'D', 'E'] }, 'handbook.md › … › C › D › E'],
    ['title once', { attributes: { title: 'Leave' }, headings: ['Leave', 'Sick'] }, 'Leave › Sick'],
    [
      'date',
      { attributes: { date: '2026-03-12T08:00:00Z' }, place: { page: 1 } },
      'handbook.md, page 1, 2026-03-12',
    ],
    ['no date that is none', { attributes: { date: 'last week' } }, 'handbook.md'],
    ['no date that there is not', { attributes: { date: '2026-13-45' } }, 'handbook.md'],
    [
      'address',
      { attributes: { url: 'https://wiki.example/a b' }, headings: ['Leave'] },
      '[handbook.md › Leave](https://wiki.example/a%20b)',
    ],
  ])('is shown with its %s', (_what, more, shown) => {
    expect(lineOf(more)).toBe(`- [1] ${shown}`);
  });

  test.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'data:text/html,x',
    'https://bank.example@evil.example/',
    'https://u:p@evil.example/',
    '/handbook',
    'not an address',
    `https://wiki.example/${'x'.repeat(1_000)}`,
    '',
  ])('is not linked to %j', (url) => {
    expect(lineOf({ attributes: { url } })).toBe('- [1] handbook.md');
  });

  it.each(['https://wiki.example/a)b', 'https://wiki.example/(a]|b>`*_', 'https://wiki.example/?q=\'"<x>'])(
    'is linked to all of %j',
    (url) => {
      const links = linksIn(listOf([cited(found('a', { attributes: { url } }))]));
      expect(links.map(({ href }) => decodeURI(href))).toEqual([decodeURI(new URL(url).href)]);
    },
  );

  const hostile = [
    '](https://evil.example)',
    '[x](https://evil.example)',
    '![x](https://evil.example/x.png)',
    'https://evil.example/login',
    'HTTP://EVIL.EXAMPLE',
    'www.evil.example',
    'mailto:a@evil.example',
    '<https://evil.example|Bank>',
    '@everyone and @here',
    '<!channel> <@U0ANN> <!subteam^S1|x> <#C1>',
    '<@123456789012345678> <@&1> <t:1:R> <a:emoji:123456789012345678>',
    'a\nb\r\n\n# c\n- d\n```\ne',
    '**bold** _x_ ~~y~~ ||z|| `code` __init__.py \\',
    '\u202egnp.exe\u0000\u001b[31m',
    '\ud800',
    '🏖️'.repeat(3_000),
    'x'.repeat(5_000),
  ];
  const places: ((text: string) => Partial<SearchResult>)[] = [
    (title) => ({ attributes: { title, url: 'https://wiki.example/' } }),
    (title) => ({ attributes: { title } }),
    (file_name) => ({ file_name }),
    (heading) => ({ headings: ['A', heading], attributes: { url: 'https://wiki.example/' } }),
    (sheet) => ({ place: { sheet } }),
  ];
  it.each(hostile)('is words on one line and nothing else, though it is called %j', (text) => {
    for (const more of places) {
      const markdown = listOf([cited(found('a', more(text)))]);
      expect(markdown.split('\n')).toHaveLength(2);
      expect(markdown.isWellFormed()).toBe(true);
      expect(markdown.length).toBeLessThan(400);
      expect(markdown).not.toMatch(/<[@!#at]|@(?:everyone|here)|:\/\/evil|www\.evil|(?!\n)\p{Cc}|\u202e/iu);
      for (const { href } of linksIn(markdown)) expect(href).toBe('https://wiki.example/');
      const kinds = new Set<string>();
      marked.walkTokens(marked.lexer(markdown), ({ type }) => void kinds.add(type));
      expect(kinds).not.toContainEqual(expect.stringMatching(/^(?:em|del|codespan|code|image|html|br)$/));
    }
  });
});

describe('the list of sources', () => {
  it('is none where nothing is cited', () => {
    expect(listOf([])).toBe('');
  });

  it('names a file once that other servers have marked several times', () => {
    const foreign = (number: number, fileId: string | undefined): Citation => ({
      number,
      fileId,
      result: undefined,
    });
    const names = new Map([['file_1', 'handbook.md']]);
    const citations = [
      foreign(1, 'file_1'),
      foreign(2, 'file_2'),
      foreign(3, 'file_1'),
      foreign(4, undefined),
    ];
    expect(listOf(citations, { names })).toBe(
      '**Sources**\n- [1] [3] handbook.md\n- [2] a document without a name\n- [4] a source that was not found',
    );
  });

  it.each([10, 11, 60])(
    'of %i sources is at most 1,500 characters, and says how many it leaves out',
    (count) => {
      const url = `https://wiki.example/${'x'.repeat(120)}`;
      const citations = Array.from({ length: count }, (_, at) =>
        cited(
          found(`document-${at}`, { attributes: { url, date: '2026-01-01' }, headings: ['Leave'] }),
          at + 1,
        ),
      );
      const list = listOf(citations);
      const shown = linksIn(list).length;
      expect(list.length).toBeLessThanOrEqual(1_500);
      expect(shown).toBeGreaterThan(3);
      expect(list.endsWith(`\n- and ${count - shown} more`)).toBe(true);
    },
  );

  it('of ten short ones is whole', () => {
    const citations = Array.from({ length: 10 }, (_, at) => cited(found(`d${at}`), at + 1));
    expect(listOf(citations)).toContain('- [10] d9');
    expect(listOf(citations)).not.toContain('more');
  });

  const dated = (name: string, date: string, score: number, number: number) =>
    cited(found(name, { attributes: { date }, score }), number);
  test.each<[string, Citation[], number | undefined, boolean]>([
    [
      'the best source is older',
      [dated('a', '2025-11-25', 0.9, 2), dated('b', '2026-11-01', 0.5, 1)],
      365,
      true,
    ],
    [
      'another source is older',
      [dated('a', '2026-11-01', 0.9, 2), dated('b', '2019-11-01', 0.5, 1)],
      365,
      false,
    ],
    ['the best source is as old as it may be', [dated('a', '2025-11-26', 0.9, 1)], 366, false],
    ['there is no limit', [dated('a', '1999-01-01', 0.9, 1)], undefined, false],
    ['the best source has no date', [cited(found('a'))], 1, false],
  ])('says or not that it is old, where %s', (_when, citations, staleAfterDays, expected) => {
    const list = listOf(citations, { staleAfterDays });
    expect(list.endsWith('\n\nThe best source, a, is from 2025-11-25 and may be out of date.')).toBe(
      expected,
    );
    expect(list.includes('out of date')).toBe(expected);
  });
});
