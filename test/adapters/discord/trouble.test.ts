import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { DiscordSim } from '../../sim/discord/discord.ts';
import { raw } from '../../sim/discord/harness.ts';
import { says, text } from '../../sim/scripted-model.ts';
import { stopClock } from '../../sim/stopped-clock.ts';
import { gate, heldBy, openScene } from './open-scene.ts';
import { NO_LIMITS, type SceneOptions } from './scene.ts';

const POST = 'POST /channels/:channel/messages';
const EDIT = 'PATCH /channels/:channel/messages/:message';

/** A reply that has begun in a thread and waits for the gate to end. */
async function begun(options: SceneOptions = {}) {
  const end = gate();
  const scene = await openScene([heldBy(end, text('Begun'), text(' and ended.')), says('Next.')], options);
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  await scene.shows(question.id, 'Begun');
  return { scene, sim: scene.sim, thread: question.id, end };
}

test.each([
  ['the thread is deleted', 'Unknown Channel (10003)'],
  ['the message is deleted', 'Unknown Message (10008)'],
  ['the thread is archived', 'Thread is archived (50083)'],
  ['the channel is closed to the bot', 'Missing Access (50001)'],
])('when %s while it streams, the turn ends, the log says why, and the next one works', async (what, why) => {
  const { scene, sim, thread, end } = await begun({ sim: { channels: ['general', 'other'] } });
  if (what === 'the thread is deleted') sim.deleteChannel(thread);
  if (what === 'the message is deleted')
    sim.world.channels.get(thread)?.messages.delete(scene.replies(thread)[0]?.id ?? '');
  if (what === 'the thread is archived')
    sim.user('ann').changesThread(sim.channel(thread), { archived: true, locked: true });
  if (what === 'the channel is closed to the bot') sim.deny('general', ['ViewChannel']);
  end.open();
  await sim.until(() => scene.reasons().length === 1);
  expect(scene.reasons()).toEqual([`Discord refuses the message: ${why}`]);
  const question = sim.user('ann').says('other', `${sim.mention} next`);
  await scene.finished(question.id);
});

test('when the bot is thrown out while it streams, the turn ends, and direct messages still work', async () => {
  const { scene, sim, end } = await begun();
  sim.addGuild('Elsewhere').members.set(sim.user('ann').user.id, {
    user: sim.user('ann').user,
    roles: new Set(),
    joinedAt: 0,
  });
  sim.removeBot();
  end.open();
  await sim.until(() => scene.reasons().length === 1);
  sim.user('ann').dm('next');
  await scene.finished(sim.directMessages('ann').id);
  expect(scene.text(sim.directMessages('ann').id)).toBe('Next.');
});

test('when a channel takes no new threads for minutes, the reply does not wait for its own', async () => {
  const threadStarts = { limit: 1, window: 300_000 };
  const scene = await openScene([says('In a thread.'), says('In place.')], {
    sim: { rateLimits: { ...NO_LIMITS, threadStarts } },
  });
  const { sim } = scene;
  const first = sim.user('ann').says('general', `${sim.mention} one`);
  await scene.finished(first.id);
  sim.user('ann').says('general', `${sim.mention} two`);
  const [reply] = await scene.finished('general');
  expect(reply).toMatchObject({ content: 'In place.', replyTo: { content: `${sim.mention} two` } });
  expect(scene.reasons()).toEqual([]);
});

test.each([
  ['at once', ['See https://bad.example/x for', ' more.'], []],
  ['later', ['Begun', ', see https://bad.example/x \n'], ['Begun\n\n']],
])(
  "when Discord's filter refuses a link that comes %s, the reply keeps the rest and says so",
  async (_when, pieces, kept) => {
    const more = gate();
    const [first = '', ...rest] = pieces;
    const long = 'y'.repeat(2_000);
    const answer = heldBy(more, text(first), ...rest.map(text), text(`\n\n${long}`));
    const scene = await openScene([answer, says('Next.')], { linkHosts: ['bad.example'] });
    const { sim } = scene;
    sim.banLink('https://bad.example/');
    const question = sim.user('ann').says('general', `${sim.mention} go`);
    await scene.shows(question.id, kept.length > 0 ? 'Begun' : '⚠️');
    more.open();
    const notice =
      '⚠️ Discord did not take the rest of this message: Message blocked by harmful links filter.';
    const replies = await scene.finished(question.id);
    expect(replies[0]?.content).toBe(`${kept.join('')}${notice}`);
    expect(scene.text(question.id)).toContain(long.slice(0, 1_000));
    sim.user('ann').says(question.id, 'next');
    await scene.finished(question.id, 2);
  },
);

test('when the asker deletes the question before its thread is there, nobody is answered', async () => {
  const answer = gate();
  const scene = await openScene([heldBy(answer, text('x')), says('Next.')], {
    before: (sim) => sim.fail('POST /channels/:channel/messages/:message/threads', 503),
  });
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  await sim.until(() => sim.calls.count('POST /channels/:channel/messages/:message/threads') === 1);
  sim.user('ann').deletes(question);
  answer.open();
  await sim.until(() => scene.reasons().includes('Discord refuses the message: Unknown Message (10008)'));
  expect(scene.replies('general')).toEqual([]);
});

test.each([
  ['a channel where it may not write', (sim: DiscordSim) => sim.deny('general', ['SendMessages'])],
  ['a thread that is locked', lockThread],
  ['a thread where it may not write', (sim: DiscordSim) => sim.deny('general', ['SendMessagesInThreads'])],
] as const)(
  'in %s the bot asks nothing of the model or of Discord, and the log says why',
  async (what, close) => {
    const scene = await openScene([says('Next.')], { discord: { replyIn: 'channel' } });
    const { sim } = scene;
    const ann = sim.user('ann');
    const where = what.startsWith('a thread')
      ? ann.startsThread(ann.says('general', 'x'), 'Thread')
      : 'general';
    close(sim);
    const calls = sim.calls.all.length;
    ann.says(where, `${sim.mention} go`);
    const why = 'a message was not answered: the bot may not write there.';
    await sim.until(() => scene.log.some(({ msg }) => msg.startsWith(why)));
    expect(sim.calls.all.slice(calls).map(({ route }) => route)).toEqual([]);
    expect(scene.model.requests).toEqual([]);
  },
);

/** As a moderator does, who may still write there. */
function lockThread(sim: DiscordSim): void {
  sim.allow('general', ['ManageThreads'], 'everyone');
  sim.deny('general', ['ManageThreads'], 'bot');
  sim.user('ann').changesThread(sim.channel('Thread'), { locked: true });
}

test('who blocks the bot while it writes gets no more of it, and others do', async () => {
  const end = gate();
  const scene = await openScene([heldBy(end, text('x'.repeat(1_990)), text('y'.repeat(100))), says('Next.')]);
  const { sim } = scene;
  sim.user('ann').dm('go');
  await scene.shows(sim.directMessages('ann').id, 'xxx');
  sim.user('ann').blocks();
  end.open();
  await sim.until(() => scene.reasons().length === 1);
  expect(scene.reasons()).toEqual(['Discord refuses the message: Cannot send messages to this user (50007)']);
  sim.user('ben').dm('next');
  await scene.finished(sim.directMessages('ben').id);
});

test('without the permission to read back the reply stands on its own', async () => {
  const scene = await openScene([says('Here.')], { discord: { replyIn: 'channel' } });
  const { sim } = scene;
  sim.deny('general', ['ReadMessageHistory']);
  sim.user('ann').says('general', `${sim.mention} go`);
  const [reply] = await scene.finished('general');
  expect(reply).toMatchObject({ content: 'Here.', replyTo: null });
});

test.each([
  ['answers 500', POST, 500],
  ['answers 502', EDIT, 502],
  ['drops a post', POST, 'cut'],
  ['drops an edit', EDIT, 'cut'],
  ['hangs', EDIT, 'hang'],
] as const)('when Discord %s, the reply is whole all the same, once', async (_what, route, fault) => {
  const end = gate();
  const scene = await openScene([heldBy(end, text('Begun'), text(' and ended.'))], {
    ...(fault === 'hang' && { discord: { callTimeoutMs: 2_000 } }),
    before: (sim) => sim.fail(route, fault),
  });
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  await scene.shows(question.id, 'Begun');
  end.open();
  const replies = await scene.finished(question.id);
  expect(replies.map(({ content }) => content)).toEqual(['Begun and ended.']);
  expect(scene.reasons()).toHaveLength(1);
});

test.each([
  ['a post', POST],
  ['an edit', EDIT],
])('when the answer to %s is lost, what was posted is not posted again', async (_what, route) => {
  const end = gate();
  const scene = await openScene([heldBy(end, text('Begun'), text(' and ended.'))], {
    before: (sim) => sim.fail(route, 'lost-answer'),
  });
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  await scene.shows(question.id, 'Begun');
  end.open();
  const replies = await scene.finished(question.id);
  expect(replies.map(({ content }) => content)).toEqual(['Begun and ended.']);
  expect(scene.sim.calls.count(POST)).toBe(route === POST ? 2 : 1);
});

test('a newer state that meets a lost post corrects what stands there', async () => {
  const more = gate();
  const scene = await openScene([heldBy(more, text('Begun'), text(' and ended.'))], {
    before: (sim) => sim.fail(POST, 'lost-answer'),
  });
  const { sim } = scene;
  sim.watch(({ kind, messageId }) => {
    if (kind === 'message' && messageId && sim.message(messageId).content === 'Begun') more.open();
  });
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  const replies = await scene.finished(question.id);
  expect(replies.map(({ content }) => content)).toEqual(['Begun and ended.']);
});

test('an end that meets a lost post of the whole text takes its Stop button away', async () => {
  const over = gate();
  const scene = await openScene([heldBy(over, text('All of it.'), text(''))], {
    before: (sim) => sim.fail(POST, 'lost-answer'),
  });
  const { sim } = scene;
  sim.watch(({ kind, messageId }) => {
    if (kind === 'message' && messageId && sim.message(messageId).content === 'All of it.') over.open();
  });
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  const replies = await scene.finished(question.id);
  expect(replies.map(({ content }) => content)).toEqual(['All of it.']);
});

test('a 429 on the last edit is waited for, and the reply ends whole', async () => {
  const pass = stopClock();
  const limit = { limit: 4, window: 700 };
  const { scene, sim, thread, end } = await begun({ sim: { rateLimits: { ...NO_LIMITS, messages: limit } } });
  const spend = () => raw(sim, 'POST', `/channels/${thread}/messages`, { content: 'another process' });
  while ((await spend()).status !== 429);
  const before = sim.calls.limited();
  end.open();
  await sim.until(() => sim.calls.limited() > before);
  pass(limit.window);
  await scene.finished(thread);
  expect(scene.replies(thread)[0]?.content).toBe('Begun and ended.');
  expect(scene.reasons()).toEqual([]);
});

test('the headers teach the budget a channel that takes less than others, so that none is refused', async () => {
  const limit = { limit: 2, window: 400 };
  const pieces = Array.from({ length: 30 }, (_, n) => `piece ${n} `);
  const slowly = async function* () {
    for (const piece of pieces) {
      yield text(piece);
      await sleep(20);
    }
    yield { type: 'end', reason: 'stop' } as const;
  };
  const scene = await openScene([slowly], { sim: { rateLimits: { ...NO_LIMITS, messages: limit } } });
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  await scene.finished(question.id);
  expect(scene.text(question.id)).toBe(pieces.join('').trim());
  expect(scene.sim.calls.limited()).toBe(0);
});

test('a message that has grown too old to be edited is replaced by a new one', async () => {
  const limits = { timing: { oldMessage: 0 }, oldMessageEdits: { limit: 1, window: 60_000 } };
  const gates = [gate(), gate()] as const;
  const answer = async function* () {
    yield text('One');
    await gates[0].opened;
    yield text(', two');
    await gates[1].opened;
    yield text(', three.');
    yield { type: 'end', reason: 'stop' } as const;
  };
  const scene = await openScene([answer], { sim: limits, discord: { oldMessageMs: 0 } });
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  await scene.shows(question.id, 'One');
  gates[0].open();
  await scene.shows(question.id, 'two');
  const [old] = scene.replies(question.id);
  gates[1].open();
  await scene.finished(question.id);
  await scene.sim.until(() => scene.replies(question.id).length === 1);
  const [renewed] = scene.replies(question.id);
  expect(renewed?.content).toBe('One, two, three.');
  expect(renewed?.id).not.toBe(old?.id);
});

test('a socket that drops mid-reply loses neither the reply nor what is said meanwhile', async () => {
  const { scene, sim, thread, end } = await begun();
  sim.gateway.drop();
  sim.user('ann').says(thread, 'meanwhile');
  end.open();
  await scene.finished(thread, 2);
  expect(sim.gateway.resumes).toBe(1);
  expect(scene.text(thread)).toBe('Begun and ended.\nNext.');
  expect(scene.told()).toEqual(['go', 'meanwhile']);
});

test('a session that can not be resumed is begun anew, and the reply ends once', async () => {
  const { scene, sim, thread, end } = await begun();
  const identifies = sim.gateway.identifies;
  sim.gateway.invalidate(false);
  end.open();
  await scene.finished(thread);
  await sim.until(() => sim.gateway.identifies > identifies && sim.gateway.connected === 1);
  sim.user('ann').says(thread, 'after');
  await scene.finished(thread, 2);
  expect(scene.text(thread)).toBe('Begun and ended.\nNext.');
});

test('who stops while a session begins anew has stopped, for good', async () => {
  const { scene, sim } = await begun({ sim: { timing: { ready: 300 } } });
  sim.gateway.invalidate(false);
  await sim.until(() => sim.gateway.identifies === 2);
  await scene.platform.close();
  await sim.until(() => sim.gateway.connected === 0);
  expect(sim.gateway.identifies).toBe(2);
});

test.each([
  [4004, 'Discord does not take the bot token in DISCORD_TOKEN.'],
  [4014, 'Discord refuses the intents that Bobbin asks for.'],
])('when the gateway closes for good with %i, the log says what to do', async (code, said) => {
  const { scene, sim, end } = await begun();
  sim.gateway.closeAll(code);
  await sim.until(() => scene.log.some(({ msg }) => msg.startsWith(said)));
  end.open();
});

test('an answer in which nothing is to see is told as empty', async () => {
  const scene = await openScene([says('\u200b\n', '```\n\ufeff', '\n```')]);
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  const replies = await scene.finished(question.id);
  expect(replies.map(({ content }) => content)).toEqual(['⚠️ The model gave an empty answer. Ask again.']);
});
