import { expect, test } from 'vitest';
import { says } from '../../sim/scripted-model.ts';
import { openScene } from './scene.ts';

test('a mention in a channel is answered in a thread that hangs on it, titled by the question', async () => {
  const scene = await openScene([says('Within ', 'five days.')]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} How long do refunds take?`);
  const [reply] = await scene.finished(question.id);
  expect(reply?.content).toBe('Within five days.');
  expect(sim.channel(question.id).name).toBe('How long do refunds take?');
  expect(sim.messages('general').map(({ thread }) => thread)).toEqual(['How long do refunds take?']);
  expect(scene.told()).toEqual(['How long do refunds take?']);
  expect(scene.model.requests[0]?.instructions).toContain('"ann"');
});
