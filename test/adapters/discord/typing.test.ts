import { expect, test } from 'vitest';
import { says, text } from '../../sim/scripted-model.ts';
import { gate, heldBy, openScene } from './open-scene.ts';

const TYPE = 'POST /channels/:channel/typing';

test('typing shows from the start, again and again while nothing is seen to grow, and ends with the reply', async () => {
  const [begin, end] = [gate(), gate()];
  const answer = async function* () {
    await begin.opened;
    yield* [text('Begun')];
    await end.opened;
    yield { type: 'end', reason: 'stop' } as const;
  };
  const scene = await openScene([answer], {
    sim: { timing: { typing: 60 } },
    discord: { typingEveryMs: 40 },
  });
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  await sim.until(() => sim.world.channels.has(question.id) && sim.typing(question.id).includes('Bobbin'));
  await sim.until(() => sim.calls.count(TYPE) >= 3);
  begin.open();
  await scene.shows(question.id, 'Begun');
  const calls = sim.calls.count(TYPE);
  await sim.until(() => sim.calls.count(TYPE) >= calls + 2);
  end.open();
  await scene.finished(question.id);
  await sim.until(() => sim.typing(question.id).length === 0);
  const last = sim.calls.count(TYPE);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(sim.calls.count(TYPE)).toBe(last);
});

test('a reply that comes at once leaves no typing behind', async () => {
  const scene = await openScene([says('Done.')]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  await scene.finished(question.id);
  expect(sim.typing(question.id)).toEqual([]);
});

test('where typing may not be shown the reply comes all the same', async () => {
  const end = gate();
  const scene = await openScene([heldBy(end, text('Begun'))], { before: (sim) => sim.fail(TYPE, 500, 9) });
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  end.open();
  await scene.finished(question.id);
  expect(scene.reasons()).toEqual([]);
});
