import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_TOKENS } from '../../../../src/assistants/file-search/chunks/by-structure.ts';
import type { Chunk } from '../../../../src/assistants/file-search/chunks/chunk.ts';
import { CHUNK_TOKENS } from '../../../../src/assistants/file-search/chunks/chunk.ts';
import { chunksOf } from '../../../../src/assistants/file-search/chunks/chunks-of.ts';
import { textOf } from '../../../../src/assistants/file-search/chunks/static.ts';
import { tokensIn } from '../../../../src/assistants/file-search/chunks/tokens.ts';
import type { Block, Document } from '../../../../src/assistants/file-search/documents/document.ts';
import { parseMarkdown } from '../../../../src/assistants/file-search/documents/parsers/markdown.ts';

function windows(document: Document, size: number, overlap: number): Chunk[] {
  return chunksOf(document, {
    type: 'static',
    static: { max_chunk_size_tokens: size, chunk_overlap_tokens: overlap },
  });
}

const plain = (text: string): Document => ({ blocks: [{ kind: 'text', text, place: {} }] });

const words = fc
  .array(
    fc.oneof(
      fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
      fc.constantFrom(
        '\n',
        '\n\n',
        ' ',
        '日本語の文章。',
        '👨‍👩‍👧‍👦',
        '🇩🇪🇫🇷',
        'Is it so? ',
        '| a | b |\n',
        'x'.repeat(900),
      ),
    ),
    { minLength: 1, maxLength: 60 },
  )
  .map((parts) => parts.join(''));

/** Texts in which no part comes twice. */
const numbers = fc
  .tuple(fc.nat(1500), fc.array(fc.constantFrom('', ' ', '\n\n', '. ', '👨‍👩‍👧‍👦', '語'), { minLength: 1 }))
  .map(([count, glue]) =>
    Array.from({ length: count }, (_, at) => `${10_000 + at}${glue[at % glue.length]}`).join(''),
  );

/** Documents as parsers make them: lines go on from block to block, and headings come at any level. */
const documents = fc
  .array(
    fc.record({
      kind: fc.constantFrom('heading', 'text', 'list', 'table', 'code'),
      level: fc.integer({ min: 1, max: 6 }),
      text: words.filter((text) => text.trim() !== ''),
    }),
    { maxLength: 12 },
  )
  .map((parts): Document => {
    let line = 1;
    const blocks = parts.map(({ kind, level, text }): Block => {
      const first = line;
      line += text.split('\n').length + 1;
      const place = { lines: [first, line - 2] as [number, number] };
      return kind === 'heading' ? { kind, level, text, place } : { kind: kind as 'text', text, place };
    });
    return { blocks };
  });

function expectOrder(chunks: Chunk[]): void {
  let [before, beforeEnd] = [0, 0];
  for (const { place } of chunks) {
    const [first, last] = place.lines ?? [0, 0];
    expect(first).toBeGreaterThanOrEqual(before);
    expect(last).toBeGreaterThanOrEqual(Math.max(first, beforeEnd));
    [before, beforeEnd] = [first, last];
  }
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

test('static chunks without an overlap join to the text, within their size, in order and between graphemes', () => {
  fc.assert(
    fc.property(documents, fc.integer({ min: CHUNK_TOKENS.least, max: 400 }), (document, size) => {
      const chunks = windows(document, size, 0);
      const text = textOf(document);
      expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
      const starts = new Set([...graphemes.segment(text)].map(({ index }) => index));
      let at = 0;
      for (const chunk of chunks) {
        expect(tokensIn(chunk.text)).toBeLessThanOrEqual(size);
        expect(starts.has(at)).toBe(true);
        at += chunk.text.length;
      }
      expectOrder(chunks);
    }),
    { numRuns: 60 },
  );
});

test('static chunks with an overlap repeat at most so much, leave nothing out and come to an end', () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 100, max: 300 }), fc.nat(1000), (text, size, share) => {
      const overlap = Math.floor((size / 2) * (share / 1000));
      const chunks = windows(plain(text), size, overlap);
      let end = 0;
      for (const chunk of chunks) {
        const start = text.indexOf(chunk.text);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(tokensIn(text.slice(start, end))).toBeLessThanOrEqual(overlap);
        expect(start).toBeLessThanOrEqual(end);
        expect(tokensIn(chunk.text)).toBeLessThanOrEqual(size);
        end = start + chunk.text.length;
      }
      expect(end).toBe(text.length);
    }),
    { numRuns: 60 },
  );
});

test('chunks by structure lose no word, are never over their size and stand in order', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const chunks = chunksOf(document);
      const found = chunks.flatMap(({ text, headings }) => [text, ...headings]).join(' ');
      const squeeze = (text: string) => text.replace(/\s+/g, '');
      for (const { text } of document.blocks)
        for (const word of text.split(/\s+/)) if (word.length < 100) expect(squeeze(found)).toContain(word);
      for (const { text } of chunks) expect(tokensIn(text)).toBeLessThanOrEqual(MOST_TOKENS);
      expectOrder(chunks);
    }),
    { numRuns: 60 },
  );
});

test('a megabyte without a blank is cut, too, and a grapheme that is longer than a chunk between its characters', () => {
  for (const text of [
    'a'.repeat(1_000_000),
    '漢'.repeat(300_000),
    `e${'\u0301'.repeat(300_000)}`,
    '👍🏽'.repeat(50_000),
  ]) {
    for (const chunks of [chunksOf(plain(text)), windows(plain(text), 800, 0)]) {
      expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
      expect(chunks.every((chunk) => tokensIn(chunk.text) <= 800 && chunk.text.isWellFormed())).toBe(true);
    }
  }
});

test('by default a client gets about 800 tokens of which 400 were in the chunk before', () => {
  const text = Array.from({ length: 2000 }, (_, at) => `word${at}`).join(' ');
  const chunks = windows(plain(text), CHUNK_TOKENS.default, CHUNK_TOKENS.defaultOverlap);
  const sizes = chunks.slice(0, -1).map((chunk) => tokensIn(chunk.text));
  expect(Math.min(...sizes)).toBeGreaterThan(780);
  const [first, second] = chunks;
  const shared = first?.text.slice(first.text.indexOf(second?.text.slice(0, 40) ?? ''));
  expect(tokensIn(shared ?? '')).toBeGreaterThan(380);
  expect(second?.text.startsWith(shared ?? '')).toBe(true);
});

const HANDBOOK = `---
title: The handbook
owner: people
---
# Handbook

Welcome.

## Holidays

Ask first:

- 30 days
- and a half

| Country | Days |
| --- | --- |
${Array.from({ length: 120 }, (_, at) => `| Country ${at} | ${at} days |`).join('\n')}

### Carrying over

\`\`\`sql
${Array.from({ length: 120 }, (_, at) => `select ${at} from holidays;`).join('\n')}
\`\`\`

## Empty

## Sick leave
Call us.
`;

test('a chunk carries its headings and its lines; a long table repeats its header and long code its fences', () => {
  const document = parseMarkdown(HANDBOOK);
  expect(document.title).toBe('The handbook');
  const chunks = chunksOf(document);
  const lines = HANDBOOK.split('\n');
  expect(chunks[0]).toEqual({ text: 'Welcome.', headings: ['Handbook'], place: { lines: [7, 7] } });
  expect(chunks.at(-2)).toMatchObject({ text: 'Empty', headings: ['Handbook'] });
  expect(chunks.at(-1)).toMatchObject({ text: 'Call us.', headings: ['Handbook', 'Sick leave'] });
  const tables = chunks.filter(({ text }) => text.includes('| Country 1'));
  expect(tables.length).toBeGreaterThan(1);
  for (const { text, headings, place } of tables) {
    expect(headings).toEqual(['Handbook', 'Holidays']);
    expect(text).toContain('| Country | Days |\n| --- | --- |\n| Country ');
    expect(lines.slice((place.lines?.[0] ?? 0) - 1, place.lines?.[1]).at(-1)).toBe(text.split('\n').at(-1));
  }
  const code = chunks.filter(({ headings }) => headings.at(-1) === 'Carrying over');
  expect(code.length).toBeGreaterThan(1);
  for (const { text } of code) expect(text).toMatch(/^```sql\nselect [\s\S]*;\n```$/);
  expect(code[1]?.place.lines?.[0]).toBe((code[0]?.place.lines?.[1] ?? 0) + 1);
});

test('a heading that is a text itself is not repeated in every chunk', () => {
  const chunks = chunksOf(parseMarkdown(`# ${'long '.repeat(100)}\n\n## Short\n\nText.`));
  expect(chunks.map(({ headings }) => headings)).toEqual([[], ['Short']]);
  expect(chunks[0]?.text).toContain('long long');
});
