import { expect, test } from 'vitest';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { asks, asksDirectly, openWorld, type World, withoutButtons } from './world.ts';

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
