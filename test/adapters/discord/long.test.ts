import { expect, test } from 'vitest';
import { scan } from '../../../src/reply/layout/block.ts';
import { says } from '../../sim/scripted-model.ts';
import { codeAnswer, plainAnswer } from './answers.ts';
import { openScene } from './open-scene.ts';
import { NO_LIMITS, type Scene, type SceneOptions } from './scene.ts';

/** Ten messages a second at most, so that most of a long reply waits when its model is done. */
const SLOW: SceneOptions = { sim: { rateLimits: { ...NO_LIMITS, messages: { limit: 5, window: 500 } } } };

const isBalanced = (content: string) => scan(content).fence === undefined;

test.each<[string, (scene: Scene, thread: string) => unknown]>([
  ['/stop', ({ sim }, thread) => sim.user('ann').command('stop', {}, sim.channel(thread))],
  ['/new', ({ sim }, thread) => sim.user('ann').command('new', {}, sim.channel(thread))],
])('%s ends a reply with what people see, though more of it is there', async (_name, end) => {
  const scene = await openScene([says(codeAnswer(60_000))], SLOW);
  const { sim } = scene;
  const { id } = sim.user('ann').says('general', `${sim.mention} go`);
  await sim.until(() => scene.replies(id).length >= 3);
  const before = scene.replies(id);
  await end(scene, id);
  await sim.until(() => scene.replies(id).some(({ content }) => content.endsWith('-# Stopped.')));
  await scene.bot.close();
  const replies = scene.replies(id).filter(({ command }) => !command);
  // Of more than thirty; some go until the command arrives.
  expect(replies.length).toBeLessThan(before.length + 6);
  expect(replies.at(-1)?.content).toMatch(/\n\n-# Stopped\.$/);
  expect(replies.map(({ content }) => content).filter((content) => !isBalanced(content))).toEqual([]);
  expect(replies.flatMap(({ buttons }) => buttons.map(({ label }) => label))).toEqual([
    '👍',
    '👎',
    'Regenerate',
  ]);
});

test('a process that ends does not wait for a platform that does not answer', async () => {
  const scene = await openScene([says(plainAnswer(20_000))], { ...SLOW, graceMs: 50 });
  const { sim, bot } = scene;
  const { id } = sim.user('ann').says('general', `${sim.mention} go`);
  await sim.until(() => scene.replies(id).length >= 1);
  sim.fail('POST /channels/:channel/messages', 'hang', 100);
  sim.fail('PATCH /channels/:channel/messages/:message', 'hang', 100);
  await bot.close();
});

test('of a reply that is longer than is set the beginning is shown, and all of it comes as a file', async () => {
  const answer = codeAnswer(30_000);
  const scene = await openScene([says(answer)], { longest: 5_000 });
  const { id } = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  const replies = await scene.finished(id);
  const shown = replies.map(({ content }) => content);
  expect(shown.length).toBeLessThan(6);
  expect(shown.filter((content) => !isBalanced(content))).toEqual([]);
  expect(shown.join('\n')).toMatch(
    /-# The answer is too long to be shown here \(30,\d{3} characters\): .+ answer\.md\.$/m,
  );
  const [file, ...others] = replies.flatMap(({ attachments }) => attachments);
  expect(others).toEqual([]);
  expect(file?.name).toBe('answer.md');
  expect(String(file?.data)).toBe(answer.trim());
});
