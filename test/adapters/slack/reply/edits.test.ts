import { expect, test } from 'vitest';
import { calls, edited } from './growing.ts';

test('edited replies bring a Stop button of their own', async () => {
  const { sim, pen, thread } = await edited();
  pen.says('Growing');
  await sim.until(() => thread.view().includes('Growing'));
  expect(thread.view()).toContain('[Stop]');
  pen.says(' up.');
  await sim.until(() => thread.view().includes('Growing up.'));
  pen.ends();
  await thread.quiet();
  expect(thread.texts()).toEqual(['Growing up.\n[👍] [👎]\n[Regenerate]']);
  expect(calls(sim, 'chat.postMessage')).toBe(1);
});

test('an edit of a growing message says its text once, and the post and the last edit a line for notifications', async () => {
  const { sim, pen, thread } = await edited();
  const line = 'A line that goes on for longer than anybody needs to know a message by, '.repeat(2).trim();
  pen.says(line);
  await sim.until(() => thread.view().includes(line));
  pen.says(' and more');
  await sim.until(() => thread.view().includes('and more'));
  pen.ends();
  await thread.quiet();
  const texts = (method: string) =>
    sim.counters.calls.filter((call) => call.method === method).map(({ args }) => String(args.text));
  const [post] = texts('chat.postMessage');
  const edits = texts('chat.update');
  const last = edits.at(-1) ?? '';
  const growing = edits.slice(0, -1);
  expect(post).toContain(line);
  expect(last).toContain(line);
  expect(growing.length).toBeGreaterThan(0);
  for (const text of growing) {
    expect(text.length).toBeLessThan(50);
    expect(line.startsWith(text.replace('…', ''))).toBe(true);
  }
});

test('Markdown that Slack refuses is shown as it stands', async () => {
  const { sim, pen, thread } = await edited();
  sim.fails('chat.postMessage', { error: 'invalid_blocks' });
  pen.says('| a |\n|---|\n| 1 |');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('| a |\n|---|\n| 1 |');
});
