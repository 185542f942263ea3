import { expect, test } from 'vitest';
import { says } from '../../sim/scripted-model.ts';
import { openScene } from './open-scene.ts';
import type { Scene } from './scene.ts';

const AN_HOUR = /^I answer each person at most one question an hour, .* Ask again in 60 minutes\.$/;

const limits = { turnsAnHour: 1, unlimited: [] };

/** What somebody alone is told, in a channel. */
const told = ({ sim }: Scene, channel: string, who: string) =>
  sim.messages(channel, who).filter(({ onlyFor }) => onlyFor === who);

test('who has had all turns of an hour is told once, under their message, and others go on', async () => {
  const scene = await openScene([says('Fine.')], { limits });
  const { sim } = scene;
  const first = sim.user('ann').says('general', `${sim.mention} one`);
  await scene.finished(first.id);
  for (const question of ['two', 'three']) sim.user('ann').says('general', `${sim.mention} ${question}`);
  const other = sim.user('ben').says('general', `${sim.mention} mine`);
  await scene.finished(other.id);
  await scene.settled();
  const notes = scene.replies('general');
  expect(notes.map(({ content }) => content)).toEqual([expect.stringMatching(AN_HOUR)]);
  expect(scene.model.requests).toHaveLength(2);
});

test('who uses a command or a button is told alone', async () => {
  const scene = await openScene([says('Fine.')], { limits });
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} one`);
  await scene.finished(question.id);
  sim.user('ann').command('ask', { question: 'two' });
  await sim.until(() => told(scene, 'general', 'ann').length === 1);
  expect(told(scene, 'general', 'ann')[0]?.content).toMatch(AN_HOUR);
  const ben = sim.user('ben').says('general', `${sim.mention} mine`);
  await scene.finished(ben.id);
  const reply = sim.message(scene.replies(ben.id).at(-1)?.id ?? '');
  const press = sim.user('ben').presses(reply, 'Regenerate');
  await sim.until(() => told(scene, ben.id, 'ben').length === 1);
  expect(press.state).toBe('acknowledged');
  expect(told(scene, ben.id, 'ben')[0]?.content).toMatch(AN_HOUR);
  expect(scene.model.requests).toHaveLength(2);
});

test('a button of which another process has heard is answered in the channel', async () => {
  const scene = await openScene([says('Fine.')], { limits });
  const author = { id: scene.sim.user('ann').user.id, name: 'ann' };
  const channel = scene.sim.channel('general').id;
  await scene.platform.whisper(
    { id: '123456789012345678', conversation: `discord:${channel}`, author, text: '', replyTo: { channel } },
    'Wait.',
  );
  expect(scene.text('general')).toBe(`<@${author.id}> Wait.`);
  expect(scene.sim.pings.flatMap(({ notified }) => notified)).toEqual([]);
});
