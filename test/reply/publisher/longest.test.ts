import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { type Call, type Reply, unlimited } from '../../../src/platform.ts';
import { excerptOf } from '../../../src/reply/layout/excerpt.ts';
import { Publisher } from '../../../src/reply/publisher/publisher.ts';
import { withApprovals } from '../../../src/reply/transcript/approvals.ts';
import type { Limits, Outcome, ReplyFile, View } from '../../../src/view.ts';
import { textTranscript } from './text-transcript.ts';

const LONGEST = 1_000;

/** A reply that can only grow, as a native stream does; it keeps every text that it showed. */
class Stream implements Reply {
  readonly limits: Limits = { characters: 300, tables: 'markdown' };
  readonly shown: string[] = [];
  files: readonly ReplyFile[] = [];
  outcome: Outcome | undefined;

  next({ parts, files, outcome }: View): Call | undefined {
    const text = parts.map(({ source }) => source).join('');
    if (text === (this.shown.at(-1) ?? '') && outcome === this.outcome) return undefined;
    const send = async () => {
      this.shown.push(text);
      Object.assign(this, { files, outcome });
    };
    return { budget: unlimited, files: files.map(({ id }) => id), send };
  }
}

async function show(text: string, piece: number, footer = ''): Promise<Stream> {
  const stream = new Stream();
  const style = { toolCall: () => undefined, longest: LONGEST };
  const publisher = new Publisher(stream, style, pino({ level: 'silent' }));
  for (let end = piece; end < text.length; end += piece) {
    publisher.update(textTranscript(text.slice(0, end)));
    await Promise.resolve();
  }
  publisher.update(textTranscript(text));
  await publisher.finish({ status: 'completed' }, [], footer);
  return stream;
}

const words = fc.string({
  unit: fc.constantFrom('a', 'bc', ' ', '\n\n', '😀', '`', '|', '- '),
  maxLength: 3_000,
});

test('what is shown of a long answer only grows, ends within the limit, and all of it comes as a file', async () => {
  await fc.assert(
    fc.asyncProperty(words, fc.integer({ min: 1, max: 200 }), async (noise, piece) => {
      const text = `It begins ${noise} and ends.`;
      const { shown, files, outcome } = await show(text, piece);
      for (const [index, one] of shown.entries()) expect(one.startsWith(shown[index - 1] ?? '')).toBe(true);
      const last = shown.at(-1) ?? '';
      expect(last.length).toBeLessThanOrEqual(LONGEST);
      expect(text.startsWith(last) && last.isWellFormed()).toBe(true);
      if (text.length <= LONGEST) {
        expect({ last, files, outcome }).toEqual({ last: text, files: [], outcome: { status: 'completed' } });
        return;
      }
      expect(last.length).toBeGreaterThan(LONGEST - 150);
      expect(files.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)])).toEqual([
        ['answer.md', text],
      ]);
      expect(outcome).toEqual({
        status: 'completed',
        notice: `The answer is too long to be shown here (${text.length.toLocaleString('en')} characters): all of it is in the file answer.md.`,
      });
    }),
    { numRuns: 60 },
  );
});

test('an excerpt ends between words where it can', () => {
  const text = 'word '.repeat(1_000);
  expect(excerptOf(text, 1_003, false)).toBe('word '.repeat(200).trimEnd());
  expect(excerptOf('x'.repeat(2_000), 1_000, true)).toBe('x'.repeat(900));
  expect(excerptOf('😀'.repeat(1_000), 1_001, true).isWellFormed()).toBe(true);
});

test('what stands under an answer takes nothing of its room, and comes whole below all that is shown of it', async () => {
  const footer = `**Sources**\n- [1] ${'x'.repeat(150)}\n- [2] ${'y'.repeat(80)}`;
  await fc.assert(
    fc.asyncProperty(words, fc.integer({ min: 1, max: 200 }), async (noise, piece) => {
      const text = `It begins ${noise} and ends.`;
      const [alone, { shown, files }] = await Promise.all([show(text, piece), show(text, piece, footer)]);
      const [before = '', after = ''] = [alone.shown.at(-1), shown.at(-1)];
      expect(after.startsWith(before)).toBe(true);
      expect(after.slice(before.length)).toMatch(/^(?:\n[ >]*`{3,})?\n\n\*\*Sources\*\*/);
      expect(after.endsWith(footer)).toBe(true);
      expect(files.map(({ name }) => name)).toEqual(alone.files.map(({ name }) => name));
      for (const { bytes } of files) expect(new TextDecoder().decode(bytes).endsWith(footer)).toBe(true);
    }),
  );
});

test('what people are asked is shown however long the answer is, and what came of it stands there', async () => {
  const stream = new Stream();
  const style = { toolCall: () => undefined, longest: LONGEST };
  const publisher = new Publisher(stream, style, pino({ level: 'silent' }));
  const long = textTranscript('word '.repeat(1_000));
  publisher.update(long);
  await expect.poll(() => stream.shown).toHaveLength(1);
  const call = {
    type: 'function' as const,
    index: 0,
    id: 'c1',
    name: 'reset',
    arguments: '{}',
    output: null,
  };
  const step = { type: 'tool_calls' as const, id: 's1', status: 'in_progress' as const, tool_calls: [call] };
  const asking = { ...long, entries: [...long.entries, step] };
  publisher.update(asking);
  const question = { id: 'q1', of: 'somebody here' };
  publisher.update(withApprovals(asking, new Map([['c1', question]]), []));
  await expect.poll(() => stream.shown.at(-1)).toMatch(/…?\n\n\*\*May I use `reset`\?\*\*/);
  const decision = { isApproved: true, at: 0, by: { id: 'U1', name: 'Ann' } };
  publisher.update(withApprovals(asking, new Map([['c1', { ...question, decision }]]), []));
  await publisher.finish({ status: 'completed' });
  expect(stream.shown.at(-1)).toMatch(/May I use `reset`\?[\s\S]*Approved by Ann, 1970-01-01 00:00 UTC\.$/);
  for (const [index, one] of stream.shown.entries())
    expect(one.startsWith(stream.shown[index - 1] ?? '')).toBe(true);
});
