import { expect, test } from 'vitest';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { ODD_PAYLOADS, unhandledRejections } from './odd-payloads.ts';
import { Pen } from './pen.ts';
import { asks, type Context, GENERAL, isQuiet, logged, openWorld, SPEED, type World } from './world.ts';

/** A reply that has begun; what is asked next is answered with "Fine again.". */
async function begun(context?: Context) {
  const pen = new Pen();
  const model = new ScriptedModel(pen.answer, says('Fine again.'));
  const slack = { streaming: 'native' as const, timing: { minute: 60_000 / SPEED } };
  const world = await openWorld({ model, slack }, context);
  const thread = asks(world.sim);
  pen.says('The first');
  await world.sim.until(() => thread.view().includes('The first'));
  const last = world.sim.workspace.replies(world.sim.workspace.channel(GENERAL), thread.ts).at(-1);
  const goesOn = () => {
    pen.says(' and the last.');
    pen.ends();
  };
  return { ...world, world, thread, goesOn, message: { channel: GENERAL, ts: last?.ts ?? '' } };
}

async function nextWorks({ sim }: World, channel = sim.user('ben').dm): Promise<void> {
  const { ts } = sim.user('ben').says(channel, '@bobbin and now?');
  await sim.until(() => sim.thread(channel, ts).includes('Fine again.') && isQuiet(sim.thread(channel, ts)));
}

test('a message that is deleted while it streams ends the turn, and the next message is answered', async () => {
  const { world, sim, message, goesOn, thread } = await begun();
  sim.removes(message);
  goesOn();
  await logged(world, 'message_not_found');
  await nextWorks(world);
  await nextWorks(world, GENERAL);
  expect(thread.texts()).toEqual([]);
});

test('a channel that the bot was removed from ends the turn, and works again once it is back', async () => {
  const { world, sim, goesOn } = await begun();
  sim.setBotMember(GENERAL, false);
  goesOn();
  await logged(world, 'not_in_channel');
  await nextWorks(world);
  sim.setBotMember(GENERAL, true);
  await nextWorks(world, GENERAL);
});

test('a channel that is archived ends the turn, and the next message elsewhere is answered', async () => {
  const { world, sim, goesOn } = await begun();
  sim.archives(GENERAL);
  goesOn();
  await logged(world, 'is_archived');
  await nextWorks(world);
});

test('a thread whose first message is deleted before the answer ends the turn cleanly', async () => {
  const pen = new Pen();
  const world = await openWorld({ model: new ScriptedModel(pen.answer, says('Fine again.')) });
  const { sim } = world;
  const thread = asks(sim);
  await sim.until(() => sim.thread(GENERAL, thread.ts).includes('is thinking'));
  sim.user('ann').deletes(thread);
  pen.says('To nobody.');
  pen.ends();
  await logged(world, 'thread_not_found');
  await nextWorks(world);
});

test('a token that is revoked while the bot runs is told in the log, without the token', async () => {
  const { world, sim, goesOn } = await begun();
  sim.revokeToken();
  goesOn();
  await logged(world, 'token_revoked');
  expect(world.log.join('')).not.toContain(sim.app.botToken);
  expect(world.log.join('')).not.toContain(sim.app.appToken);
});

test.concurrent('a Slack that fails for a while loses no reply', async (context) => {
  const { sim, goesOn, thread } = await begun(context);
  for (const method of ['chat.appendStream', 'chat.stopStream', 'chat.update'])
    sim.fails(method, { status: 503, times: 2 });
  goesOn();
  await thread.quiet();
  expect(thread.text()).toBe('The first and the last.');
});

test('a socket that drops during a reply costs nothing: the reply ends whole, and what comes next is heard', async () => {
  const { world, sim, thread, goesOn } = await begun();
  sim.socketMode.drop();
  goesOn();
  await thread.quiet();
  expect(thread.text()).toBe('The first and the last.');
  while (sim.socketMode.connections === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await nextWorks(world, GENERAL);
});

test.each(['warning', 'refresh_requested'] as const)(
  'a connection that Slack wants renewed (%s) is renewed at once',
  async (reason) => {
    const { world, sim, goesOn } = await begun();
    const before = sim.counters.of('apps.connections.open').calls;
    sim.socketMode.disconnect(reason);
    while (sim.counters.of('apps.connections.open').calls === before || sim.socketMode.connections === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    goesOn();
    await nextWorks(world, GENERAL);
  },
);

test.concurrent('a connection that can’t be renewed at once is tried again, and the process lives on', async (context) => {
  const { world, sim, goesOn } = await begun(context);
  sim.fails('apps.connections.open', { error: 'invalid_auth' });
  sim.socketMode.drop();
  await logged(world, 'the connection to Slack could not be renewed');
  while (sim.socketMode.connections === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  goesOn();
  await nextWorks(world, GENERAL);
});

/** Slack's waits before it delivers again, shortened. */
const AS_LONG_AS_IT_TAKES = Array.from({ length: 1_000 }, () => 20);

test('an event that came while the socket was down is delivered again, and answered once', async () => {
  const world = await openWorld({
    model: new ScriptedModel(says('Once.')),
    sim: { rates: { speed: 60 }, timing: { retryDelaysMs: AS_LONG_AS_IT_TAKES } },
  });
  const { sim } = world;
  sim.socketMode.drop();
  const thread = asks(sim);
  await thread.quiet();
  await sim.settled();
  expect(thread.text()).toBe('Once.');
});

test('without names, titles and statuses the answer comes all the same', async () => {
  const world = await openWorld({ model: new ScriptedModel(says('All the same.')) });
  const { sim } = world;
  for (const method of ['users.info', 'assistant.threads.setStatus', 'agents.sessions.setStatus'])
    sim.fails(method, { status: 500, times: 9 });
  const thread = asks(sim, `hello ${sim.user('ben').mention}`);
  await sim.until(() => thread.text().includes('All the same.'));
});

test.concurrent('a status whose clearing fails is cleared a little later', async (context) => {
  const { sim, goesOn, thread } = await begun(context);
  sim.fails('agents.sessions.setStatus', { status: 500 });
  goesOn();
  await thread.quiet();
});

test('an answer in which nothing is to see is told as empty', async () => {
  const { sim } = await openWorld({ model: new ScriptedModel(says('\u200b\n', '```\n\ufeff', '\n```')) });
  const thread = asks(sim);
  await thread.finished();
  expect(thread.texts()).toEqual(['⚠️ The model gave an empty answer. Ask again.\n[Regenerate]']);
});

test('what one odd event throws ends with that event, and the next message is answered', async () => {
  const world = await openWorld({ model: new ScriptedModel(says('Fine again.')) });
  const unhandled = unhandledRejections();
  const envelopes = ODD_PAYLOADS.map((odd) => ({ envelope_id: 'odd', ...odd }));
  for (const frame of ['', 'no JSON', ...[null, [], {}, ...envelopes].map((odd) => JSON.stringify(odd))])
    world.sim.socketMode.sendRaw(frame);
  await nextWorks(world, GENERAL);
  expect(unhandled).toEqual([]);
});
