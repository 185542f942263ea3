import { expect, test } from 'vitest';
import { postsOf } from '../../../adapters/discord/reply/posts.ts';
import type { PlacedCall, View } from '../../../src/view.ts';
import { call, code, text } from '../../reply/transcript/run-script.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { end, python, says, usage } from '../../sim/scripted-model.ts';
import { type SearchingRun, searchingServer } from '../../sim/searching-server.ts';
import { openScene } from './open-scene.ts';
import type { Scene, SceneOptions } from './scene.ts';

const open = (runs: SearchingRun[], more: SceneOptions = {}) =>
  openScene([says('Unused.')], { network: searchingServer(runs), ...more });

const ask = ({ sim }: Scene) => sim.user('ann').says('general', `${sim.mention} Please.`).id;

const opening = (...calls: ReturnType<typeof call>[]): SearchingRun['items'] => [
  { content: [text('One moment.')] },
  { calls },
  { content: [text('It is open.')] },
];

test('a function is subtext: what it does while it does it, and then what it has done', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const ticket = call('helpdesk__open_ticket', '{}', null);
  const scene = await open([{ items: opening(ticket).slice(1), until: promise }]);
  const id = ask(scene);
  await scene.shows(id, '-# Using open ticket (helpdesk)…');
  resolve();
  await scene.finished(id);
  expect(scene.text(id)).toBe('-# Used open ticket (helpdesk)\n\nIt is open.');
  expect(scene.replies(id)).toHaveLength(1);
});

test('several stand below each other, in their place, and call nobody', async () => {
  const scene = await open([
    { items: opening(call('lookup', '{}', 'x'), call('@everyone <@1> **x**', '{}', 'y')) },
  ]);
  const id = ask(scene);
  await scene.finished(id);
  expect(scene.text(id)).toBe(
    'One moment.\n\n-# Used lookup\n-# Used @\u200beveryone ‹@\u200b1› ∗∗x∗∗\n\nIt is open.',
  );
  expect(scene.sim.pings.filter(({ author, everyone }) => author === scene.sim.bot.name && everyone)).toEqual(
    [],
  );
});

test('while code runs it is said below it', async () => {
  const codeInterpreter = new ScriptedInterpreter({ 'print(1)': { prints: ['1\n'], hangs: true } });
  const scene = await openScene([[...python('print(1)'), usage, end()]], { codeInterpreter });
  const id = ask(scene);
  await scene.shows(id, '```\n1\n```\n\n-# Running Python…');
});

test('folded code is one line, and comes as a file', async () => {
  const items = [{ calls: [code('print(6 * 7)', '42\n')] }, { content: [text('It is 42.')] }];
  const scene = await open([{ items }], { code: 'folded' });
  const id = ask(scene);
  const replies = await scene.finished(id);
  expect(replies[0]?.content).toBe('-# Ran Python\n\nIt is 42.');
  expect(scene.text(id)).not.toContain('print');
  expect(replies.flatMap(({ attachments }) => attachments.map(({ name }) => name))).toEqual(['code.py']);
});

test('what is done right now stands below the text, with what the function says, and counts what is too much', () => {
  const at = (index: number, doing?: string): PlacedCall => ({
    id: `s-${index}`,
    call: {
      type: 'function',
      index,
      id: `c${index}`,
      name: 'look_up',
      arguments: '{}',
      output: null,
      ...(doing !== undefined && { doing }),
    },
    status: 'in_progress',
    at: 0,
  });
  const part = { opening: '', source: 'Wait.', closing: '', text: 'Wait.' };
  const contentOf = (...calls: View['calls']) =>
    postsOf({ parts: [part], calls, files: [] }, new Map())[0]?.content;
  expect(contentOf(at(0, 'page 3 of\n10 @here'))).toBe(
    'Wait.\n\n-# Using look up: page 3 of 10 @\u200bhere…',
  );
  expect(contentOf(...[0, 1, 2, 3, 4, 5].map((index) => at(index)))).toBe(
    `Wait.\n\n${'-# Using look up…\n'.repeat(4)}-# And 2 more…`,
  );
});
