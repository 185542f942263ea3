import { expect, test } from 'vitest';
import { hangsAfter, ScriptedModel, text } from '../../sim/scripted-model.ts';
import { crowdOf } from '../../sim/slack/crowd.ts';
import { steadyClock } from '../../sim/steady-clock.ts';
import { openWorld, type World } from './world.ts';

const CHANNELS = ['C0CROWD1', 'C0CROWD2'].map((id) => ({ id, name: id.toLowerCase() }));
const users = crowdOf(10);
const waits = () => new ScriptedModel(hangsAfter(text('Waiting')));

/** So many people mention the bot in a channel at once; resolves when all of them see an answer begin. */
async function crowdIn({ sim }: World, channel: string, people: number): Promise<void> {
  const threads = Array.from({ length: people }, (_, person) =>
    sim.user(`person${person}`).says(channel, `@bobbin question ${person}`),
  );
  await sim.until(() => threads.every(({ ts }) => sim.thread(channel, ts).includes('Waiting')));
}

test('where Slack takes a burst, nobody of a crowd in one channel waits for a second of the channel', async () => {
  const burst = { calls: 10, windowMs: 60_000, perChannel: true };
  const world = await openWorld({
    model: waits(),
    sim: { users, channels: CHANNELS, rates: { overrides: { 'chat.postMessage': burst } } },
    // What is spread over time would not come as long as the test lasts.
    slack: { timing: { minute: 3_600_000 } },
  });
  await crowdIn(world, 'C0CROWD1', 10);
  expect(world.sim.counters.total().limited).toBe(0);
});

test('the first refusal of a burst is the last: the next channel is spared it', async () => {
  steadyClock();
  const minute = 60_000;
  const world = await openWorld({
    model: waits(),
    sim: { users, channels: CHANNELS, rates: { speed: 60_000 / minute } },
    slack: { timing: { minute } },
  });
  const limited = () => world.sim.counters.of('chat.postMessage').limited;
  await crowdIn(world, 'C0CROWD1', 5);
  const learned = limited();
  expect(learned).toBeGreaterThan(0);
  expect(learned).toBeLessThanOrEqual(2);
  await crowdIn(world, 'C0CROWD2', 5);
  expect(limited()).toBe(learned);
});
