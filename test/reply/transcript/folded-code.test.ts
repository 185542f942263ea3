import { expect, test } from 'vitest';
import { foldedCode } from '../../../src/reply/transcript/folded-code.ts';
import { emptyTranscript, fold } from '../../../src/reply/transcript/transcript.ts';
import { call, code, eventsOf, type Item, text } from './run-script.ts';

const fileOf = (...items: Item[]) => foldedCode(eventsOf(items, [9]).reduce(fold, emptyTranscript));

test('the code of an answer is one Python file, with what it put out as comments', () => {
  const file = fileOf(
    { calls: [code('x = 1\nprint(x)\n', '1\n\n2\n', { image: 'file_1' }), call('f', '{}', 'x')] },
    { content: [text('So.')] },
    { calls: [code('y'), code('  ')] },
  );
  expect(file).toMatchObject({ name: 'code.py', id: 'code-run_1' });
  expect(new TextDecoder().decode(file?.bytes)).toBe(
    'x = 1\nprint(x)\n\n# Output:\n# 1\n#\n# 2\n# (an image)\n\n\ny\n',
  );
});

test('an answer without code has none', () => {
  expect(fileOf({ calls: [call('f', '{}', 'x'), code('')] }, { content: [text('So.')] })).toBeUndefined();
});
