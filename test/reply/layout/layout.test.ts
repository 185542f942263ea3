import fc from 'fast-check';
import { Marked, type Token } from 'marked';
import { describe, expect, it } from 'vitest';
import { layout } from '../../../src/reply/layout/layout.ts';
import type { Limits } from '../../../src/view.ts';
import { anyCodeMarkdown, codeMarkdown, nastyMarkdown } from './nasty-markdown.ts';

const slack: Limits = { characters: 200, tables: 'markdown' };
const discord: Limits = { characters: 200, tables: 'fixed-width', images: 'link', fences: 'backticks' };

const limits: fc.Arbitrary<Limits> = fc.record({
  characters: fc.oneof(fc.integer({ min: 200, max: 2000 }), fc.integer({ min: 200, max: 260 })),
  tables: fc.constantFrom('markdown' as const, 'fixed-width' as const),
  images: fc.constantFrom('markdown' as const, 'link' as const),
  fences: fc.constantFrom('markdown' as const, 'backticks' as const),
});

const textsOf = (markdown: string, limit: Limits) => layout(markdown, limit).map((part) => part.text);

/** CommonMark as chat platforms show it: HTML is text there. */
const commonMark = new Marked({ tokenizer: { html: () => undefined, tag: () => undefined } });

/** The texts of the fenced code blocks of Markdown, wherever they stand, as another parser sees them. */
function codeOf(markdown: string, takesIndented = false): string[] {
  const found: string[] = [];
  const walk = (tokens: Token[]) => {
    for (const token of tokens) {
      if (token.type === 'code' && (takesIndented || token.codeBlockStyle !== 'indented'))
        found.push(token.text);
      if ('tokens' in token && token.tokens) walk(token.tokens);
      if (token.type === 'list') walk(token.items);
    }
  };
  walk(commonMark.lexer(markdown));
  return found;
}

/** What a platform shows as code that takes any three backticks for a fence, and nothing else. */
function codeBetweenBackticks(text: string): string[] {
  const pieces = text.split('```');
  expect(pieces.length % 2).toBe(1);
  return pieces.filter((_, index) => index % 2 === 1);
}

/** Whether a line that follows in the same quote or list item would become code. */
function leavesFenceOpen(markdown: string): boolean {
  const prefix = /(?:^|[\r\n])([ >]*)[^\r\n]*$/.exec(markdown)?.[1] ?? '';
  return codeOf(`${markdown}\n${prefix}SENTINEL`).some((code) => code.includes('SENTINEL'));
}

describe('layout', () => {
  it('gives no parts for nothing, and one for what fits', () => {
    expect(layout('', slack)).toEqual([]);
    expect(layout(' \n\n ', slack)).toEqual([]);
    expect(layout('Hi', slack)).toEqual([{ opening: '', source: 'Hi', closing: '', text: 'Hi' }]);
  });

  it('leaves out indentation before the first line that is more than anybody means', () => {
    for (const indent of [41, 190, 300])
      expect(layout(`\n${' '.repeat(indent)}word`, slack)).toEqual([
        { opening: '', source: `\n${' '.repeat(indent)}word`, closing: '', text: 'word' },
      ]);
    expect(textsOf(`\n${' '.repeat(40)}word`, slack)).toEqual([`${' '.repeat(40)}word`]);
  });

  it('joins back to the Markdown, each part within the limit and with something to see', () => {
    fc.assert(
      fc.property(nastyMarkdown, limits, (markdown, limit) => {
        const parts = layout(markdown, limit);
        if (markdown.trim() !== '') expect(parts.map((part) => part.source).join('')).toBe(markdown);
        for (const { opening, source, closing, text } of parts) {
          expect(text.length).toBeLessThanOrEqual(limit.characters);
          expect((opening + source.trim() + closing).length).toBeLessThanOrEqual(limit.characters);
          expect(source.trim()).not.toBe('');
          expect(text.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it('never changes a part that has a successor, as the Markdown grows', () => {
    fc.assert(
      fc.property(nastyMarkdown, limits, fc.nat(), (markdown, limit, at) => {
        const characters = Array.from(markdown);
        const prefix = characters.slice(0, at % (characters.length + 1)).join('');
        const frozen = layout(prefix, limit).slice(0, -1);
        expect(layout(markdown, limit).slice(0, frozen.length)).toEqual(frozen);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [
      'a line that leaves a nested quote, until more of it is there',
      (x: string) => `> > ~~~\n> > ${x}\n> > | y`,
    ],
    [
      'backticks within tildes that have no room',
      (x: string) => `~~~\n${x.slice(120)}\n> ${'`'.repeat(130)}`,
    ],
    [
      'a fence that is closed by more than opened it',
      (x: string) => `   \`\`\`\n${x}\n   y\n   ${'`'.repeat(29)}`,
    ],
    ['a marker in a list that grows too long', (x: string) => `${x}\n\n> - \`\n\n- * ${'`'.repeat(30)}`],
  ])('does not change a part before %s', (_what, around) => {
    for (let length = discord.characters - 60; length <= discord.characters; length++) {
      const markdown = around('x'.repeat(length));
      for (const limit of [slack, discord]) {
        const whole = layout(markdown, limit);
        for (let end = length; end < markdown.length; end++) {
          const frozen = layout(markdown.slice(0, end), limit).slice(0, -1);
          if (frozen.length > 0) expect(whole.slice(0, frozen.length)).toEqual(frozen);
        }
      }
    }
  });

  it('comes to the same from the parts of an earlier state, whatever that was', () => {
    fc.assert(
      fc.property(nastyMarkdown, limits, fc.nat(), (markdown, limit, at) => {
        const characters = Array.from(markdown);
        const prefix = characters.slice(0, at % (characters.length + 1)).join('');
        expect(layout(markdown, limit, layout(prefix, limit))).toEqual(layout(markdown, limit));
      }),
    );
  });

  it('balances the fences of every part, as another parser sees them', () => {
    fc.assert(
      fc.property(nastyMarkdown, limits, (markdown, limit) => {
        expect(textsOf(markdown, limit).filter(leavesFenceOpen)).toEqual([]);
      }),
    );
  });

  const LONG = '`'.repeat(29);
  it.each([
    ['a line separator in an info string', `  ${LONG}\n   ~~~ \u2028  \n   Answer.`],
    ['a paragraph separator in one', `> ${LONG}\n> ~~~ \u2029\n> ${LONG}`],
    [
      'a marker that is too long, after a list that ended with half a marker',
      `- * \`\`\`\n      \`\`\n\n  ${LONG}\n   Answer.`,
    ],
  ])('balances the fences where there is %s', (_what, markdown) => {
    for (const limit of [slack, discord])
      expect(textsOf(markdown, limit).filter(leavesFenceOpen)).toEqual([]);
  });

  it.each([
    ['spaces', '> ~~~\n> ``\n  '],
    ["a quote's mark", '> > ~~~\n> > ``\n> '],
    ['both', '> - ~~~\n>   ``\n>  '],
  ])('does not part a marker that is too long from %s before it', (_what, begin) => {
    const [first, second] = layout(`${begin}${LONG}\nx`, slack);
    expect(first?.source).toMatch(/\n$/);
    expect(second?.source).toMatch(/^[ >]+`/);
  });

  it('shows as code over the parts what is code in the whole', () => {
    const bare = (codes: string[]) => codes.join('').replace(/[\s\u200b]/g, '');
    fc.assert(
      fc.property(codeMarkdown, limits, (markdown, limit) => {
        const whole = codeOf(markdown);
        const parts = textsOf(markdown, { ...limit, tables: 'markdown' }).flatMap((text) => codeOf(text));
        expect(bare(parts)).toBe(bare(whole));
      }),
    );
  });

  it('shows between three backticks what is code, and nothing else, where a platform knows only those', () => {
    const bare = (codes: string[]) => codes.join('').replace(/[\s\u200b>]/g, '');
    fc.assert(
      fc.property(anyCodeMarkdown, limits, (markdown, limit) => {
        const texts = textsOf(markdown, { ...limit, tables: 'fixed-width', fences: 'backticks' });
        const code = texts.flatMap(codeBetweenBackticks).map((piece) => piece.replace(/^js\n/, ''));
        expect(bare(code)).toBe(bare(codeOf(markdown, true)));
      }),
    );
  });

  it('leaves no backticks that such a platform would take for a fence', () => {
    fc.assert(
      fc.property(nastyMarkdown, limits, (markdown, limit) => {
        for (const text of textsOf(markdown, { ...limit, tables: 'fixed-width', fences: 'backticks' })) {
          codeBetweenBackticks(text);
          const isFence = (line: string) => /^[\s>\d.)*+-]*```[\w+#.-]*\s*$/.test(line);
          expect(text.split(/[\r\n]/).filter((line) => line.includes('```') && !isFence(line))).toEqual([]);
        }
      }),
    );
  });

  it('keeps characters of several code points, code spans and links in one piece', () => {
    const family = '👩‍👩‍👧‍👦';
    for (const text of textsOf(family.repeat(100), slack)) expect(text.replaceAll(family, '')).toBe('');

    const link = '[the handbook](https://example.com/handbook/chapter/seven)';
    for (const text of textsOf(`word ${link} \`two words\` `.repeat(20), slack)) {
      expect(text.match(/[[(`]/g)?.length).toBe(
        (text.match(/[\])]/g)?.length ?? 0) + (text.match(/`/g)?.length ?? 0),
      );
      expect((text.match(/`/g)?.length ?? 0) % 2).toBe(0);
    }
  });

  it('cuts between paragraphs, else between lines, else after a sentence, else at a space', () => {
    const sentence = 'One two three four five six. ';
    const paragraph = sentence.repeat(4).trim();
    expect(textsOf(`${paragraph}\n\n${paragraph}\n\n${paragraph}`, slack)).toEqual(Array(3).fill(paragraph));
    expect(textsOf(`${paragraph}\n${paragraph}`, slack)).toEqual([paragraph, paragraph]);
    for (const text of textsOf(sentence.repeat(20), slack)) expect(text).toMatch(/six\.$/);
    expect(textsOf('word '.repeat(60), slack)).toEqual([
      Array(40).fill('word').join(' '),
      Array(20).fill('word').join(' '),
    ]);
    expect(textsOf('x'.repeat(450), slack)).toEqual(['x'.repeat(200), 'x'.repeat(200), 'x'.repeat(50)]);
  });

  it('does not leave a heading alone, nor the opening of a code block', () => {
    const paragraph = 'Words and words. '.repeat(9).trim();
    expect(textsOf(`${paragraph}\n\n## Title\n\n${paragraph}`, slack)).toEqual([
      paragraph,
      `## Title\n\n${paragraph}`,
    ]);
    const code = '```js\nconst answer = 42;\nconsole.log(answer);\n```';
    expect(textsOf(`${paragraph}\n\n${code}`, slack)).toEqual([paragraph, code]);
  });

  it('keeps list items whole', () => {
    const item = `- ${'Some item. '.repeat(12).trim()}`;
    expect(textsOf([item, item, item].join('\n'), slack)).toEqual([item, item, item]);
    const long = `- ${'Some item. '.repeat(17).trim()}`;
    expect(textsOf(`Three things:\n${long}`, slack)).toEqual(['Three things:', long]);
  });

  it('closes a fence at a cut and opens it again as it was', () => {
    const line = 'const x = 1;\n';
    const [first, second] = layout(`~~~~js title="x"\n${line.repeat(20)}~~~~\n`, slack);
    expect(first).toMatchObject({ opening: '', closing: '~~~~' });
    expect(second).toMatchObject({ opening: '~~~~js\n', closing: '' });
    const quoted = layout(`> \`\`\`js\n${`> ${line}`.repeat(20)}> \`\`\`\n`, slack);
    expect(quoted[0]).toMatchObject({ closing: '> ```' });
    expect(quoted[1]).toMatchObject({ opening: '> ```js\n' });
    const deep = layout(`1. a\n\n   - b\n\n     \`\`\`js\n${`     ${line}`.repeat(20)}     \`\`\`\n`, slack);
    expect(deep[1]).toMatchObject({ opening: '   - ```js\n' });
  });

  it('closes a fence whose closing has just begun with what is missing', () => {
    expect(layout('```\ncode\n``', slack)[0]?.text).toBe('```\ncode\n```');
    expect(layout('````\ncode\n```', slack)[0]?.text).toBe('````\ncode\n````');
  });

  it.each([
    ['backticks that are too far in to close it', '- ```\n  ', '      ```'],
    ['tildes that are too far in', '~~~\n', '    ~~~'],
    ['some of a marker that is too far in', '````\n', '    ``'],
  ])('keeps room to close a fence after %s', (_what, opening, line) => {
    for (let length = 150; length <= 200; length++)
      for (const limit of [slack, discord])
        for (const text of textsOf(`${opening}${'x'.repeat(length)}\n${line}`, limit))
          expect(text.length).toBeLessThanOrEqual(limit.characters);
  });

  it('gives one part where nothing limits it, with what closes it', () => {
    const markdown = `${'text '.repeat(10_000)}\n\`\`\`\ncode`;
    const endless: Limits = { characters: Number.POSITIVE_INFINITY, tables: 'markdown' };
    expect(layout(markdown, endless)).toEqual([
      { opening: '', source: markdown, closing: '\n```', text: `${markdown}\n\`\`\`` },
    ]);
  });

  it('repeats the header of a table that is cut between its rows', () => {
    const header = '| Name | Age |\n|---|---|\n';
    const texts = textsOf(header + '| Somebody | 42 |\n'.repeat(30), slack);
    expect(texts.length).toBeGreaterThan(2);
    for (const text of texts)
      expect(text).toMatch(/^\| Name \| Age \|\n\|---\|---\|\n(\| Somebody \| 42 \|\n?)+$/);
  });

  it('lines a table up in a code block for a platform that shows none', () => {
    const markdown =
      'See:\n\n| Name | City \\| town |\n|:--|--:|\n| 日本 | `x` |\n| a | b | c |\n\nEnd ![pic](http://a.b/c)';
    expect(textsOf(markdown, discord)).toEqual([
      'See:\n\n```\nName  City | town\n----  -----------\n日本  `x`\na     b | c\n```\n\nEnd [pic](http://a.b/c)',
    ]);
  });

  it('makes records of the rows of a table that is too wide to be lined up', () => {
    const wide = 'w'.repeat(40);
    const markdown = `| A | B |\n|---|---|\n| ${wide} | ${wide} |`;
    expect(textsOf(markdown, discord)).toEqual([`\`\`\`\nA: ${wide}\nB: ${wide}\n\`\`\``]);
  });

  it('shows every cell of a table that is lined up, in parts within the limit', () => {
    const cell = fc.stringMatching(/^[a-z日]{1,30}$/);
    const rows = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(rows, (cells) => {
        const markdown = `| x | y | z |\n|---|---|---|\n${cells.map((row) => `| ${row.join(' | ')} |`).join('\n')}`;
        const texts = textsOf(markdown, discord);
        for (const text of texts) expect(text.length).toBeLessThanOrEqual(discord.characters);
        const seen = texts
          .join(' ')
          .split(/[^a-z日]+/)
          .filter((word) => !['x', 'y', 'z', ''].includes(word));
        expect(seen).toEqual(cells.flat().filter((word) => !['x', 'y', 'z'].includes(word)));
      }),
    );
  });

  it.each([
    ['tildes', '~~~py\nx\n~~~', '```py\nx\n```'],
    ['four backticks', '````\nx\n````\ny', '```\nx\n```\ny'],
    [
      'a fence within a fence',
      '````md\n```js\nx\n```\n````\n\ny',
      '```md\n``\u200b`js\nx\n``\u200b`\n```\n\ny',
    ],
    ['backticks within tildes', '~~~\n```\n~~~\ny', '```\n``\u200b`\n```\ny'],
    ['indented code', 'a\n\n    x\n\n      y\n\nb', 'a\n\n```\nx\n\n  y\n```\n\nb'],
    ['code indented by a tab', '\tx\n\ty', '```\nx\ny\n```'],
    ['indented code with a fence in it', '    ```\n    x\n    ```', '```\n``\u200b`\nx\n``\u200b`\n```'],
    ['indented code in a list', '- a\n\n      x\n- b', '- a\n\n  ```\n  x\n  ```\n- b'],
    ['a code block in a list by tildes', '- ~~~js\n  x\n  ~~~', '- ```js\n  x\n  ```'],
    ['a fence that a quote leaves open', '> ~~~\n> x\n\ny', '> ```\n> x\n> ```\n\ny'],
    ['code in a quote', '>     x\n> y', '> ```\n> x\n> ```\n> y'],
    ['what is no language', '~~~ {.js} a`b\nx\n~~~', '```\nx\n```'],
    ['a language and more', '``` js title="x"\nx\n```', '```js\nx\n```'],
    ['a span in three backticks', 'Run ```ls -l``` now', 'Run `ls -l` now'],
    ['a span with a backtick in it', 'Run ``` a`b ``` now', 'Run `` a`b `` now'],
    ['a span with a fence in it', 'Write ```` ``` ```` there', 'Write ``\u200b`` ``\u200b` ``\u200b`` there'],
    ['a fence with a line separator in its info', '~~~ \u2028a b\nx\n~~~', '```\nx\n```'],
    ['a span with a line separator in it', 'Run ```ls\u2028-l``` now', 'Run `ls\u2028-l` now'],
    ['backticks within a line', 'Write ``` there', 'Write ``\u200b` there'],
    ['indentation within a paragraph', 'a\n     b', 'a\n     b'],
    ['a list within a list', '1. a\n    - b', '1. a\n    - b'],
    ['a table after indented code', '    x\n\n|a|\n|-|\n|b|', '```\nx\n```\n\n```\na\n-\nb\n```'],
  ])('shows %s in the one kind of fence that a platform has', (_what, markdown, shown) => {
    expect(textsOf(markdown, discord)).toEqual([shown]);
    expect(textsOf(markdown, { ...discord, tables: 'markdown', fences: 'markdown' })).toEqual([
      markdown.trimEnd(),
    ]);
  });

  it('goes on with indented code in the next part, and does not make code of a list that goes on there', () => {
    const code = `a\n\n${'    const x = 1;\n'.repeat(20)}\nb`;
    const [first, second] = textsOf(code, discord);
    expect(first).toMatch(/^a\n\n```\nconst x = 1;\n[\s\S]*\n```$/);
    expect(second).toMatch(/^```\nconst x = 1;\n[\s\S]*\n```\n\nb$/);
    const line = `    ${'word '.repeat(60)}`;
    for (const text of textsOf(line, discord)) expect(text).toMatch(/^```\nword[\s\S]*word\n```$/);
    const list = `1. a\n${'    - point of a list\n'.repeat(20)}`;
    expect(textsOf(list, discord).length).toBeGreaterThan(1);
    for (const text of textsOf(list, discord)) expect(text).not.toContain('`');
  });

  it('does not touch code spans that look like images', () => {
    expect(textsOf('`![a](b)` ![](http://a.b/c)', discord)).toEqual(['`![a](b)` <http://a.b/c>']);
    expect(textsOf('`a\u2028![a](b)`', discord)).toEqual(['`a\u2028![a](b)`']);
    expect(textsOf('```\n![a](b)\n```', discord)).toEqual(['```\n![a](b)\n```']);
  });

  it('does not let text in the midst of a line become a fence at the start of a part', () => {
    const texts = textsOf(`${'x'.repeat(200)}\`\`\` and more`, slack);
    expect(texts.flatMap((text) => codeOf(text))).toEqual([]);
  });
});
