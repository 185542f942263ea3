import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CodeHighlighter } from '../../../adapters/console/highlight.ts';

const ESC = '\u001b';

function paint(pieces: string[]): string {
  const highlighter = new CodeHighlighter();
  return pieces.map((piece) => highlighter.push(piece)).join('') + highlighter.end();
}

test('code gets colours and text does not', () => {
  const painted = paint(['Hello\n```python\nimport math\n```\nBye import']);
  expect(painted).toContain(`${ESC}[35mimport${ESC}[39m math`);
  expect(painted.startsWith('Hello\n')).toBe(true);
  expect(painted.endsWith('Bye import')).toBe(true);
});

test('text passes at once, even before its line ends', () => {
  expect(new CodeHighlighter().push('Hel')).toBe('Hel');
});

test('a string that goes over several lines is a string on each of them', () => {
  const painted = paint(['```python\nx = """a\nb"""\n', '```\n']);
  expect(painted).toContain(`${ESC}[32mb"""${ESC}[39m`);
});

test('a block in an unknown language stays as it is', () => {
  expect(paint(['```nonesuch\nimport x\n```\n'])).toMatch(/\n\S*import x\n/);
});

test('however the text is cut, nothing but colour is added', () => {
  const piece = fc.constantFrom(
    '```',
    '```python\n',
    '~~~\n',
    '\n',
    'import ',
    'x = "a',
    '"""',
    ' ',
    '`',
    'é😀',
    '# c',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(9), { minLength: 1 }), (parts, sizes) => {
      const text = parts.join('');
      const pieces: string[] = [];
      for (let at = 0, i = 0; at < text.length; i++) {
        const size = (sizes[i % sizes.length] ?? 0) + 1;
        pieces.push(text.slice(at, at + size));
        at += size;
      }
      expect(stripVTControlCharacters(paint(pieces))).toBe(text);
      expect(paint(pieces)).toBe(paint([text]));
    }),
  );
});
