import { expect, test } from 'vitest';
import { text } from '../../sim/scripted-model.ts';
import { gate, heldBy, openScene } from './open-scene.ts';
import { NO_LIMITS } from './scene.ts';

/** One call at a time, with time enough for all that wait to come forward. */
const LIMIT = { limit: 1, window: 1_000 };

test('where replies share a channel, one whose next message is missing goes before one that has less to show', async () => {
  const [grows, ends] = [gate(), gate()];
  const long = heldBy(ends, text('word '.repeat(420)));
  const short = async function* () {
    yield text('It begins.');
    await grows.opened;
    yield text(' It goes on.');
    await ends.opened;
    yield { type: 'end', reason: 'stop' } as const;
  };
  const scene = await openScene([long, short], {
    sim: { rateLimits: { ...NO_LIMITS, messages: LIMIT } },
    discord: { replyIn: 'channel' },
  });
  const { sim } = scene;
  const from = sim.calls.all.length;
  sim.user('ann').says('general', `${sim.mention} explain`);
  await scene.shows('general', 'word');
  sim.user('ben').says('general', `${sim.mention} in short`);
  await scene.shows('general', 'It begins.');
  grows.open();
  await scene.shows('general', 'It goes on.');
  const own = sim.calls.all.slice(from).filter(({ characters }) => characters > 0);
  expect(own.map(({ method, characters }) => [method, characters])).toEqual([
    ['POST', 1_999],
    ['POST', 10],
    ['POST', 99],
    ['PATCH', 22],
  ]);
  ends.open();
  await scene.finished('general', 2);
});
