import fc from 'fast-check';
import { expect, test } from 'vitest';
import { postsOf } from '../../../adapters/discord/reply/posts.ts';
import { slotsOf } from '../../../adapters/discord/reply/slots.ts';
import { asText, MESSAGE_LENGTH, quote, titleOf } from '../../../adapters/discord/text.ts';
import type { Outcome, ReplyFile, View } from '../../../src/view.ts';

const MIB = 1024 * 1024;

const emoji = fc.constantFrom('<:party:123456789012345678>', '<a:dance:1234567890123456789>');
const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  emoji,
  fc.constantFrom('`', '```', '\n'),
);
const messageText = fc
  .array(piece, { maxLength: 200 })
  .map((pieces) => pieces.join('').slice(0, MESSAGE_LENGTH).toWellFormed());

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constantFrom<Outcome>({ status: 'completed' }, { status: 'stopped' }),
  fc.string({ maxLength: 3_000 }).map((error): Outcome => ({ status: 'failed', error })),
);

const file = fc.record({
  id: fc.uuid(),
  name: fc.constant('a.png'),
  bytes: fc.integer({ min: 1, max: 12 * MIB }).map((length) => ({ length }) as Uint8Array),
});

function viewOf(texts: readonly string[], files: readonly ReplyFile[], outcome?: Outcome): View {
  const parts = texts.map((text) => ({ opening: '', source: text, closing: '', text }));
  return { parts, calls: [], files, ...(outcome && { outcome }) };
}

test('no message is longer than Discord takes, whatever the model writes and however the reply ends', () => {
  fc.assert(
    fc.property(fc.array(messageText, { maxLength: 4 }), fc.array(file), outcome, (texts, files, outcome) => {
      const posts = postsOf(viewOf(texts, files, outcome), new Map());
      expect(posts.every(({ content }) => content.length <= MESSAGE_LENGTH)).toBe(true);
      const slots = slotsOf(posts, [], { isOver: true, keepsTexts: false });
      const buttons = slots.map(({ wanted }) => wanted?.buttons);
      expect(buttons.filter((one) => one !== 'none')).toEqual(['finished']);
      expect(buttons.at(-1)).toBe('finished');
    }),
  );
});

test('each file is in one message or has a sentence, in order, and no request is larger than Discord takes', () => {
  fc.assert(
    fc.property(fc.array(file, { maxLength: 25 }), (files) => {
      const posts = postsOf(viewOf([], files, { status: 'completed' }), new Map());
      const small = files.filter(({ bytes }) => bytes.length <= 10 * MIB);
      expect(posts.flatMap(({ files }) => files)).toEqual(small);
      for (const { files } of posts) {
        expect(files.length).toBeLessThanOrEqual(10);
        expect(files.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(25 * MIB);
      }
      const sentences = posts.at(-1)?.content.split('\n').length ?? 0;
      if (small.length < files.length) expect(sentences).toBe(files.length - small.length);
    }),
  );
});

test('an answer of nothing says so, and one of files alone does not', () => {
  const image = { id: 'f', name: 'a.png', bytes: new Uint8Array(1) };
  const contents = (files: ReplyFile[]) =>
    postsOf(viewOf([], files, { status: 'completed' }), new Map()).map(({ content }) => content);
  expect(contents([])).toEqual(['-# The answer is empty.']);
  expect(contents([image])).toEqual(['']);
});

test('emoji markup stays as it is in code, and elsewhere becomes text', () => {
  const party = '<:party:123456789012345678>';
  expect(asText(`${party} \`${party}\`\n\`\`\`\n${party}\n\`\`\` ${party}`)).toBe(
    `\\${party} \`${party}\`\n\`\`\`\n${party}\n\`\`\` \\${party}`,
  );
  expect(asText(`${party}${'x'.repeat(MESSAGE_LENGTH - party.length)}`).startsWith(':party:xx')).toBe(true);
});

test('titles and quotations fit, and break no character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 4_000 }), (text) => {
      expect(titleOf(text).length).toBeLessThanOrEqual(100);
      expect(quote(text).length).toBeLessThanOrEqual(MESSAGE_LENGTH);
      if (text.isWellFormed()) expect(titleOf(text).isWellFormed() && quote(text).isWellFormed()).toBe(true);
    }),
  );
});
