import fc from 'fast-check';

const word = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom(
    'Answer.',
    '**bold**',
    '`code span`',
    '``a ` b``',
    '`',
    '[a link](https://example.com/with/a/path)',
    '![image](https://example.com/i.png)',
    '👩‍👩‍👧‍👦',
    '日本語',
    'e\u0301',
    '<b>',
    '|',
    '```',
    '~~~',
    '```code```',
    '```` ``` ````',
    '``` `a` ```',
  ),
  fc.nat({ max: 500 }).map((length) => 'long'.repeat(length)),
);

const textLine = fc.array(word, { minLength: 1, maxLength: 14 }).map((words) => words.join(' '));

const fence = fc
  .tuple(
    fc.constantFrom('```', '````', '~~~', '~~~~~', '`````````````````````````````'),
    fc.constantFrom('', 'js', ' python title="x"', 'x'.repeat(300)),
    fc.array(
      fc.oneof(textLine, fc.constantFrom('', '```', '~~~', '\tindented', '  ``', '```js', '# not a heading')),
      {
        maxLength: 30,
      },
    ),
    fc.boolean(),
  )
  .map(([marker, info, lines, isClosed]) =>
    [marker + info, ...lines, ...(isClosed ? [marker] : [])].join('\n'),
  );

const indentedCode = fc
  .array(fc.oneof(textLine, fc.constantFrom('', '```', '\tindented', '  ``', '- item')), {
    minLength: 1,
    maxLength: 30,
  })
  .map((lines) => lines.map((line) => `    ${line}`).join('\n'));

const table = fc
  .tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.array(fc.array(word, { minLength: 1, maxLength: 6 }), { maxLength: 25 }),
  )
  .map(([columns, rows]) => {
    const header = Array.from({ length: columns }, (_, index) => `Column ${index}`);
    return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  });

const simple = fc.oneof(
  { weight: 3, arbitrary: textLine },
  { weight: 3, arbitrary: fence },
  { weight: 1, arbitrary: table },
  { weight: 1, arbitrary: indentedCode },
  fc.array(textLine, { maxLength: 6 }).map((lines) => lines.join('\n')),
  textLine.map((line) => `## ${line}`),
  fc.constantFrom('---', '<!-- html -->', '    indented code', '* * *', '~'.repeat(300), '`'.repeat(300)),
  fc.integer({ min: 0, max: 300 }).map((length) => ' \n'.repeat(length)),
);

const quote = (block: string) => `> ${block.replaceAll('\n', '\n> ')}`;

/** A list item. A block's own indentation would count as the item's, where parsers do not agree. */
const item = (marker: string) => (block: string) =>
  marker + block.trimStart().replaceAll('\n', `\n${' '.repeat(marker.length)}`);

const indented = fence.map((block) => `  ${block.replaceAll('\n', '\n   ')}`);
const inQuotes = fc.oneof(simple, indented, simple.map(quote), simple.map(quote).map(quote));
const nested = fc.oneof(
  inQuotes,
  simple.map(item('- ')),
  simple.map(item('- ')).map(quote),
  simple.map(item('10. ')),
  simple.map(quote).map(item('1. ')),
  simple.map(item('* ')).map(item('- ')),
);

const blocks = (block: fc.Arbitrary<string>, separator: string) =>
  fc.array(block, { maxLength: 8 }).map((all) => all.join(separator));

/** Markdown with everything in it that is hard to cut. Well-formed, like all that is rendered. */
export const nastyMarkdown = fc
  .oneof(
    { weight: 4, arbitrary: blocks(nested, '\n\n') },
    // Without lists: CommonMark ends an item's fence at a line that is not indented, the tests' parser does not.
    { weight: 2, arbitrary: blocks(inQuotes, '\n') },
    { weight: 1, arbitrary: blocks(nested, '\n\n').map((text) => text.replace(/\r?\n/g, '\r\n')) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 3000 }) },
  )
  .map((text) => text.toWellFormed());

/** Makes a block of code of lines. */
type AsCode = (lines: readonly string[]) => string;

const fencedBy =
  (marker: string): AsCode =>
  (lines) =>
    [`${marker}js`, ...lines, marker].join('\n');

const asIndented: AsCode = (lines) => ['', ...lines].map((line) => `    ${line}`).join('\n');

/** Markdown whose code blocks stand where every parser sees them the same, whole or cut. */
const codeIn = (asCode: fc.Arbitrary<AsCode>) =>
  fc
    .array(
      fc.record({
        words: fc.string({ unit: fc.constantFrom('a', 'b', ' ', '. '), maxLength: 400 }),
        asCode,
        code: fc.array(
          fc.constantFrom('', 'x = 1', '  indented', '``', "print('a')  # long ".repeat(20), '# b'),
          { maxLength: 40 },
        ),
        around: fc.constantFrom(
          (block: string) => block,
          quote,
          item('- '),
          item('1. '),
          (block: string) => quote(item('- ')(block)),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((blocks) =>
      blocks
        .map(({ words, asCode, code, around }) => `a${words}.\n\n${around(`b\n\n${asCode(code)}`)}`)
        .join('\n\n'),
    );

export const codeMarkdown = codeIn(fc.constantFrom('```', '````', '~~~').map(fencedBy));

export const anyCodeMarkdown = codeIn(
  fc.constantFrom(fencedBy('```'), fencedBy('````'), fencedBy('~~~'), asIndented),
);
