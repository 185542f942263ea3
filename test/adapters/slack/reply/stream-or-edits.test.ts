import { once } from 'node:events';
import { expect, test } from 'vitest';
import { hangsAfter, ScriptedModel, says, text } from '../../../sim/scripted-model.ts';
import { crowdOf } from '../../../sim/slack/crowd.ts';
import { asksDirectly, isQuiet, openWorld, SPEED } from '../world.ts';
import { calls, lastMessage } from './growing.ts';

test.each(['native', 'edits', 'auto'] as const)(
  'with SLACK_STREAMING=%s replies grow as it says, in direct messages, channels and groups',
  async (streaming) => {
    const { sim } = await openWorld({
      model: new ScriptedModel(hangsAfter(text('Growing'))),
      slack: { streaming, timing: { minute: 60_000 / SPEED } },
    });
    const ann = sim.user('ann');
    const growing = async (channel: string) => {
      const { ts } = ann.says(channel, '@bobbin hello');
      await sim.until(() => sim.thread(channel, ts).includes('Growing'));
      ann.stops({ channel, ts });
      await sim.until(() => isQuiet(sim.thread(channel, ts)));
      const isNative = calls(sim, 'chat.startStream') > 0;
      sim.counters.reset();
      return isNative ? 'native' : 'edits';
    };
    const ways = [await growing(ann.dm), await growing('C0GENERAL'), await growing('C0GROUP')];
    const expected = streaming === 'auto' ? ['native', 'edits', 'edits'] : [streaming, streaming, streaming];
    expect(ways).toEqual(expected);
  },
);

test('an app that is no agent edits its replies everywhere, and asks for sessions once', async () => {
  const { sim } = await openWorld({
    model: new ScriptedModel(says('One.'), says('Two.')),
    sim: { agentView: 'none', rates: { speed: SPEED } },
  });
  for (const answer of ['One.', 'Two.']) {
    const thread = asksDirectly(sim);
    await thread.quiet();
    expect(thread.text()).toBe(answer);
  }
  expect(calls(sim, 'chat.startStream')).toBe(0);
  expect(calls(sim, 'agents.sessions.setStatus')).toBe(1);
});

/** So slowly that the reply has begun before it ends. */
async function* someText() {
  yield text('Some ');
  await new Promise((resolve) => setTimeout(resolve, 20));
  yield* says('text.');
}

test('where Slack refuses to stream, replies are edited, and it is not asked again at once', async () => {
  const { sim } = await openWorld({ model: new ScriptedModel(someText) });
  sim.fails('chat.startStream', { error: 'method_not_supported_for_channel_type' });
  const first = asksDirectly(sim);
  await first.quiet();
  const second = asksDirectly(sim);
  await second.quiet();
  expect([first.text(), second.text()]).toEqual(['Some text.', 'Some text.']);
  expect(calls(sim, 'chat.startStream')).toBe(1);
});

test('where Slack has refused to stream it is asked again later', async () => {
  const timing = { minute: 60_000 / SPEED, streamless: 1 };
  const { sim } = await openWorld({ model: new ScriptedModel(someText), slack: { timing } });
  sim.fails('chat.startStream', { error: 'user_not_found' });
  const first = asksDirectly(sim);
  await first.quiet();
  const second = asksDirectly(sim);
  await second.quiet();
  expect([first.text(), second.text()]).toEqual(['Some text.', 'Some text.']);
  expect(calls(sim, 'chat.startStream')).toBeGreaterThan(1);
});

/** In ms: so long that a busy machine begins all replies within it. */
const LONG_MINUTE_MS = 10_000;

/** So many people ask at the same time. */
async function manyAsk(count: number, model: ScriptedModel) {
  const { sim } = await openWorld({
    model,
    sim: { users: crowdOf(count), rates: { speed: 60_000 / LONG_MINUTE_MS } },
    slack: { timing: { minute: LONG_MINUTE_MS } },
  });
  const people = Array.from({ length: count }, (_, index) => `person${index}`);
  return { sim, threads: people.map((who) => ({ ...asksDirectly(sim, 'hello', who), who })) };
}

test('where many ask at once each gets a Stop button, and all that stream go on streaming', async () => {
  const { promise: allBegun, resolve: go } = Promise.withResolvers<void>();
  const model = new ScriptedModel(async function* (_, signal) {
    yield text('Growing');
    await allBegun;
    yield text(' more');
    await once(signal, 'abort');
  });
  const { sim, threads } = await manyAsk(15, model);
  await sim.until(() => calls(sim, 'agents.sessions.setStatus') === 15);
  await sim.until(() => threads.every((thread) => thread.view().includes('Growing')));
  go();
  await sim.until(() => threads.every((thread) => thread.view().includes('more')));
  expect(calls(sim, 'chat.startStream')).toBe(15);
  expect(calls(sim, 'chat.stopStream')).toBe(0);
});

test('more replies at once than streams are allowed are edited, and all of them come to their end', async () => {
  const { sim, threads } = await manyAsk(18, new ScriptedModel(hangsAfter(text('Waiting'))));
  await sim.until(() => threads.every((thread) => thread.view().includes('Waiting')));
  const streams = calls(sim, 'chat.startStream');
  expect(streams).toBeGreaterThan(0);
  expect(streams).toBeLessThan(18);
  for (const thread of threads) {
    const { ts } = lastMessage(sim, thread);
    const own = sim.workspace.message(sim.workspace.channel(thread.channel), ts);
    if (own.stream) sim.user(thread.who).stops(thread);
    else void sim.user(thread.who).presses({ channel: thread.channel, ts }, 'bobbin_stop');
  }
  await sim.until(() => threads.every((thread) => isQuiet(thread.view())));
  expect(sim.counters.total().limited).toBe(0);
});
