import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_LOG_CHARACTERS, MAX_LOG_LINES } from '../../../src/reply/layout/clean.ts';
import { codeFiles } from '../../../src/reply/transcript/code-files.ts';
import { render } from '../../../src/reply/transcript/render.ts';
import { emptyTranscript, fold } from '../../../src/reply/transcript/transcript.ts';
import type { ReplyFile } from '../../../src/view.ts';
import { call, code, eventsOf, type Item, text } from './run-script.ts';

const transcriptOf = (items: Item[]) => eventsOf(items, [9]).reduce(fold, emptyTranscript);
const textOf = ({ bytes }: ReplyFile) => new TextDecoder().decode(bytes);

test('folded code is one Python file, with what it put out as comments', () => {
  const items = [
    { calls: [code('x = 1\nprint(x)\n', '1\n\n2\n', { image: 'file_1' }), call('f', '{}', 'x')] },
    { content: [text('So.')] },
    { calls: [code('y'), code('  ')] },
  ];
  const [file, ...others] = codeFiles(transcriptOf(items), { code: 'folded' });
  expect(others).toEqual([]);
  expect(file).toMatchObject({ name: 'code.py', id: 'code-run_1' });
  expect(file && textOf(file)).toBe('x = 1\nprint(x)\n\n# Output:\n# 1\n#\n# 2\n# (an image)\n\n\ny\n');
});

test('an answer without code has no file of it', () => {
  const items = [{ calls: [call('f', '{}', 'x'), code('')] }, { content: [text('So.')] }];
  expect(codeFiles(transcriptOf(items), { code: 'folded' })).toEqual([]);
});

test('an output that is cut in the text comes whole, each as a file of its own', () => {
  const long = `${'line\n'.repeat(MAX_LOG_LINES + 10)}end\n`;
  const wide = 'x'.repeat(MAX_LOG_CHARACTERS + 1);
  const items = [{ calls: [code('a', long), code('b', 'short\n')] }, { calls: [code('c', wide)] }];
  const files = codeFiles(transcriptOf(items), {});
  expect(files.map(({ name }) => name)).toEqual(['output.txt', 'output-2.txt']);
  expect(files.map(textOf)).toEqual([long, wide]);
  expect(files.map(({ id }) => id)).toEqual(['output-run_1-1', 'output-run_1-2']);
});

test('an output comes as a file exactly where its text says that there is more', () => {
  const line = fc.oneof(
    fc.string({ maxLength: 90 }),
    fc.constantFrom('', 'a\rb', '\x1b[31mred\x1b[0m', 'x'.repeat(900)),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 90 }), (lines) => {
      const transcript = transcriptOf([{ calls: [code('1', lines.join('\n'))] }]);
      const isCut = /^… [\d,]+ more line|… \([\d,]+ more character/m.test(render(transcript).markdown);
      expect(codeFiles(transcript, { code: 'shown' })).toHaveLength(isCut ? 1 : 0);
    }),
  );
});
