import { expect, test } from 'vitest';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { asks, openWorld } from './world.ts';

test('a mention in a channel is answered in its thread, once, with buttons and nothing left of the work', async () => {
  const { sim } = await openWorld({ model: new ScriptedModel(says('Hello ', 'Ann', '.')) });
  const thread = asks(sim);
  await thread.finished();
  await thread.quiet();
  expect(thread.texts()).toEqual(['Hello Ann.\n[👍] [👎]\n[Regenerate]']);
});
