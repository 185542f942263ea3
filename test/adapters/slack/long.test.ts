import { expect, test } from 'vitest';
import { scan } from '../../../src/reply/layout/block.ts';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import {
  asks,
  asksDirectly,
  GENERAL,
  openWorld as openAnyWorld,
  type World,
  type WorldOptions,
  withoutButtons,
} from './world.ts';

/** A world in which the links of these answers are some. */
const openWorld = (options: WorldOptions) => openAnyWorld({ linkHosts: ['a.example'], ...options });

/** Nested fences, long code, tables, lists and prose, of exactly so many characters. */
function mixed(length: number): string {
  const blocks = [
    'Some prose with **bold** words, `code` and a [link](https://a.example/b).\n\n',
    `\`\`\`python\n${'print("a line of a long program")\n'.repeat(60)}\`\`\`\n\n`,
    '````markdown\nA fence inside a fence:\n\n```js\nconsole.log(1);\n```\n\nand on.\n````\n\n',
    `| name | value |\n|---|---|\n${'| a row | of the table |\n'.repeat(25)}\n`,
    `${'- an item\n  - a nested one, with `code`\n'.repeat(30)}\n`,
    `1. ${'A list item that goes on and on. '.repeat(20)}\n2. The second.\n\n`,
  ];
  let text = '';
  for (let index = 0; text.length < length; index++) text += blocks[index % blocks.length];
  return `${text.slice(0, length - 1)}.`;
}

/** What is said, without what parts repeat: fences that are opened again, headers of tables, and white space. */
function essence(text: string): string {
  return text
    .replace(/^[ \t]*(?:`{3,}|~{3,}).*$/gm, '')
    .replace(/^\| name \| value \|\n\|---\|---\|$/gm, '')
    .replace(/[\s\u200b]+/g, '');
}

/** Where two long texts part. */
function difference(actual: string, expected: string): unknown {
  if (actual === expected) return undefined;
  const at = [...actual].findIndex((character, index) => character !== expected[index]);
  return { at, actual: actual.slice(at - 40, at + 40), expected: expected.slice(at - 40, at + 40) };
}

function pieces(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
}

async function arrives({ sim }: World, answer: string, ask = asksDirectly): Promise<string[]> {
  const thread = ask(sim);
  await sim.until(() => thread.view().includes('[Regenerate]'));
  await thread.quiet();
  const texts = thread.texts().map(withoutButtons);
  expect(difference(essence(texts.join('\n')), essence(answer))).toBeUndefined();
  return texts;
}

const LENGTHS = [100, 2_001, 12_001, 100_000];

test.each(LENGTHS)('a streamed reply of %i characters arrives whole', async (length) => {
  const answer = mixed(length);
  const world = await openWorld({ model: new ScriptedModel(says(...pieces(answer, 40))) });
  await arrives(world, answer);
  expect(world.sim.counters.total()).toMatchObject({ errors: {} });
});

test.each(LENGTHS)('an edited reply of %i characters arrives whole', async (length) => {
  const answer = mixed(length);
  const world = await openWorld({
    model: new ScriptedModel(says(...pieces(answer, 40))),
  });
  await arrives(world, answer, asks);
  expect(world.sim.counters.of('chat.appendStream').calls).toBe(0);
});

test('every message of a long reply stands alone: its fences are closed', async () => {
  const answer = mixed(30_000);
  const world = await openWorld({ model: new ScriptedModel(says(answer)) });
  for (const text of await arrives(world, answer)) {
    const fences = text.match(/^ *```+/gm) ?? [];
    expect(fences.length % 2).toBe(0);
  }
});

test('an edited reply with more headings than Slack has blocks for shows them as bold lines', async () => {
  const answer = '## A heading\n\nAnd a text.\n\n---\n\n'.repeat(30);
  const world = await openWorld({
    model: new ScriptedModel(says(answer)),
  });
  const thread = asks(world.sim);
  await thread.quiet();
  expect(thread.text()).toBe('**A heading**\n\nAnd a text.\n\n———\n\n'.repeat(30).trim());
  expect(world.sim.counters.of('chat.postMessage').errors).toEqual({});
  expect(world.sim.counters.of('chat.update').errors).toEqual({});
});

/** Where three messages in a quarter of a second are all that a channel takes, most of a long reply waits when its model is done. */
const SLOW = { rates: { speed: 12 } };

test.each<[string, (world: World) => unknown]>([
  ['the command', ({ sim }) => sim.user('ann').command('/bobbin', 'stop', GENERAL)],
  ['a new beginning', ({ sim }) => sim.user('ann').command('/bobbin', 'new', GENERAL)],
])('%s ends a reply with what people see, though more of it is there', async (_name, end) => {
  const world = await openWorld({
    model: new ScriptedModel(says(mixed(300_000))),
    sim: SLOW,
    slack: { timing: { minute: 5_000 } },
  });
  const { sim } = world;
  const thread = asks(sim);
  await sim.until(() => thread.texts().length >= 2);
  const before = thread.texts().length;
  await end(world);
  await sim.until(() => thread.texts().some((text) => text.includes('Stopped.')));
  await world.bot.close();
  const texts = thread.texts();
  // Of about thirty; some go until the command arrives.
  expect(texts.length).toBeLessThan(before + 6);
  expect(texts.at(-1)).toMatch(/\nStopped\.\n\[Regenerate\]$/);
  expect(texts.map(withoutButtons).filter((text) => scan(text).fence)).toEqual([]);
  expect(texts.filter((text) => text.includes('[Stop]'))).toEqual([]);
});

test('a stop while streams wait to be started leaves those that people see, closed', async () => {
  const world = await openWorld({
    model: new ScriptedModel(says(mixed(300_000))),
    sim: SLOW,
    slack: { timing: { minute: 5_000 } },
  });
  const { sim } = world;
  const thread = asksDirectly(sim);
  await sim.until(() => thread.texts().length >= 2);
  const before = thread.texts().length;
  sim.user('ann').stops(thread);
  await thread.quiet();
  await world.bot.close();
  const texts = thread.texts();
  expect(texts.length).toBeLessThan(before + 6);
  expect(texts.at(-1)).toMatch(/\nStopped\.\n\[Regenerate\]$/);
  expect(texts.map(withoutButtons).filter((text) => scan(text).fence)).toEqual([]);
});

test('of a reply that is longer than is set the beginning is shown, and all of it comes as a file', async () => {
  const answer = mixed(60_000);
  const world = await openWorld({ model: new ScriptedModel(says(...pieces(answer, 400))), longest: 5_000 });
  const thread = asks(world.sim);
  await world.sim.until(() => thread.view().includes('📎 answer.md'));
  await thread.quiet();
  const [shown = '', ...others] = thread.texts();
  expect(others).toEqual(['']);
  expect(shown).toContain('The answer is too long to be shown here (60,000 characters)');
  expect(
    essence(answer).startsWith(essence(withoutButtons(shown).replace(/\nThe answer is too long.*/s, ''))),
  ).toBe(true);
  const [file] = [...world.sim.workspace.files.values()];
  expect(String(file?.content)).toBe(answer);
  expect(world.sim.counters.total()).toMatchObject({ errors: {} });
});
