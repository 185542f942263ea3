import { expect, test } from 'vitest';
import { raw } from '../../sim/discord/harness.ts';
import type { Message } from '../../sim/discord/model.ts';
import { says, text } from '../../sim/scripted-model.ts';
import { stopClock } from '../../sim/stopped-clock.ts';
import { gate, heldBy, openDiscord, openScene } from './open-scene.ts';
import type { Scene } from './scene.ts';

const COMMANDS = '/applications/:application/commands';

/** So long the token of an interaction works. */
const TOKEN_MS = 900_000;

/** The last of the bot's messages in a channel, for a person to press its buttons. */
function last(scene: Scene, channel: string) {
  return scene.sim.message(scene.replies(channel).at(-1)?.id ?? '');
}

test('/ask shows the question and answers it in a thread that hangs on it', async () => {
  const scene = await openScene([says('Five days.')]);
  const { sim } = scene;
  const { state } = sim.user('ann').command('ask', { question: 'How long do refunds take?' });
  expect(state).toBe('waiting');
  await sim.until(() => scene.replies('general').length === 1);
  const [question] = scene.replies('general');
  await scene.finished(question?.id ?? '');
  expect(question).toMatchObject({ content: '> How long do refunds take?', command: '/ask' });
  expect(scene.replies(question?.id ?? '').at(-1)?.content).toBe('Five days.');
  expect(sim.channel(question?.id ?? '').name).toBe('How long do refunds take?');
  await sim.until(() => sim.view(question?.id ?? '').includes('added @ann to the thread.'));
  expect(scene.told()).toEqual(['How long do refunds take?']);
});

test('/ask brings a file along', async () => {
  const scene = await openScene([says('Three.')]);
  const { sim } = scene;
  const file = { name: 'sums.csv', data: 'a,b\n1,2\n', contentType: 'text/csv' };
  sim.user('ann').command('ask', { question: 'Sum it up', file }, null);
  await scene.finished(sim.directMessages('ann').id);
  expect(JSON.stringify(scene.model.requests[0]?.items)).toContain('sums.csv');
});

test('/ask in a thread and in direct messages belongs to their conversations', async () => {
  const scene = await openScene([says('One.'), says('Two.'), says('Three.')]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} one`);
  await scene.finished(question.id);
  sim.user('ann').command('ask', { question: 'two' }, sim.channel(question.id));
  await scene.finished(question.id, 2);
  expect(scene.told()).toEqual(['one', 'two']);
  sim.user('ann').command('ask', { question: 'three' }, null);
  await scene.finished(sim.directMessages('ann').id);
  expect(scene.told()).toEqual(['three']);
});

test('/ask without threads is answered in the channel, and replies go on with it', async () => {
  const scene = await openScene([says('One.'), says('Two.')], { discord: { replyIn: 'channel' } });
  const { sim } = scene;
  sim.user('ann').command('ask', { question: 'one' });
  await scene.finished('general');
  sim.user('ann').says('general', 'two', { replyTo: last(scene, 'general') });
  await scene.finished('general', 2);
  expect(scene.told()).toEqual(['one', 'two']);
});

test('an answer to /ask goes on after its token has ended', async () => {
  const pass = stopClock();
  const long = gate();
  const scene = await openScene([heldBy(long, text('Begun'), text(' and ended.'))], {
    discord: { replyIn: 'channel' },
  });
  scene.sim.user('ann').command('ask', { question: 'one' });
  await scene.shows('general', 'Begun');
  pass(TOKEN_MS + 1);
  long.open();
  await scene.finished('general');
  expect(scene.text('general')).toContain('Begun and ended.');
});

test('/ask where the bot may not write says so to who asked, and to nobody else', async () => {
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  sim.deny('general', ['SendMessages', 'SendMessagesInThreads']);
  sim.user('ann').command('ask', { question: 'one' });
  await scene.shows('general', 'I may not write in this channel.');
  expect(sim.messages('general', 'ann')).toHaveLength(1);
  expect(sim.messages('general', 'ben')).toEqual([]);
  expect(scene.model.requests).toEqual([]);
});

test('/ask where the bot may write in threads alone is answered in one', async () => {
  const scene = await openScene([says('Here.')]);
  const { sim } = scene;
  sim.deny('general', ['SendMessages']);
  sim.user('ann').command('ask', { question: 'one' });
  await sim.until(() => scene.replies('general').length === 1);
  await scene.finished(scene.replies('general')[0]?.id ?? '');
  expect(scene.replies('general')).toHaveLength(1);
});

test('the Stop button ends the reply that it stands under, keeps what is there, and goes', async () => {
  const scene = await openScene([heldBy(gate(), text('Endless'))]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  await scene.shows(question.id, 'Endless');
  expect(scene.replies(question.id)[0]?.buttons.map(({ label }) => label)).toEqual(['Stop']);
  const press = sim.user('ben').presses(last(scene, question.id), 'Stop');
  const [reply] = await scene.finished(question.id);
  expect(press.state).toBe('acknowledged');
  expect(reply?.content).toBe('Endless\n\n-# Stopped.');
  expect(reply?.buttons.map(({ label }) => label)).toEqual(['👍', '👎', 'Regenerate']);
});

/** Puts buttons under a message, as a process has left them that is no more. */
function leaves(message: Message, label: string, customId: string): void {
  message.components = [{ type: 1, components: [{ type: 2, style: 2, label, custom_id: customId }] }];
}

test.each([
  ['Stop that a crash has left', 'stop', undefined, 'Nobody writes this answer any more'],
  [
    'Regenerate of a conversation that is forgotten',
    'regenerate',
    'discord:1',
    'I do not know any more what',
  ],
  ['button of an earlier version', 'again', undefined, 'This button does nothing any more.'],
])('pressing a %s says what is the case, and takes it away', async (_what, action, conversation, said) => {
  const scene = await openScene([says('One.')], { discord: { replyIn: 'channel' } });
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  await scene.finished('general');
  await scene.settled();
  const reply = last(scene, 'general');
  leaves(reply, 'Old', `${action} ${conversation ?? `discord:${question.id}`}`);
  const press = sim.user('ben').presses(reply, 'Old');
  await scene.shows('general', said);
  expect(press.state).toBe('acknowledged');
  expect(scene.replies('general').map(({ onlyFor, buttons }) => [onlyFor, buttons])).toEqual([
    [null, []],
    ['ben', []],
  ]);
  expect(scene.replies('general')[0]?.content).toBe('One.');
  expect(reply.mentions.users.map(({ name }) => name)).toEqual(['ann']);
  expect(scene.model.requests).toHaveLength(1);
});

test('a Stop that a crash has left does not stop another answer of its conversation', async () => {
  const end = gate();
  const scene = await openScene([says('One.'), heldBy(end, text('Begun'), text(' and ended.'))]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} one`);
  await scene.finished(question.id);
  await scene.settled();
  const old = last(scene, question.id);
  leaves(old, 'Stop', `stop discord:${question.id}`);
  sim.user('ann').says(question.id, 'two');
  await scene.shows(question.id, 'Begun');
  sim.user('ben').presses(old, 'Stop');
  await scene.shows(question.id, 'Nobody writes this answer any more');
  end.open();
  await scene.shows(question.id, 'Begun and ended.');
  expect(scene.text(question.id)).not.toContain('Stopped.');
});

test('a command that the bot no longer has says so', async () => {
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  const older = [{ name: 'old', description: 'Of an earlier version' }];
  await raw(sim, 'PUT', `/applications/${sim.bot.id}/commands`, older);
  sim.user('ann').command('old');
  await scene.shows('general', 'I do not have this command any more.');
  expect(scene.replies('general')[0]?.onlyFor).toBe('ann');
});

test('only the last message of a growing reply has the Stop button', async () => {
  const end = gate();
  const scene = await openScene([heldBy(end, text('x'.repeat(2_500)))]);
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  await scene.sim.until(() => scene.replies(question.id).length === 2);
  expect(scene.replies(question.id).map(({ buttons }) => buttons.length)).toEqual([0, 1]);
  end.open();
  await scene.finished(question.id);
});

test('/stop stops the reply of a thread, or all that are written in a channel', async () => {
  const scene = await openScene([heldBy(gate(), text('Endless'))], { discord: { replyIn: 'channel' } });
  const { sim } = scene;
  sim.user('ann').says('general', `${sim.mention} one`);
  sim.user('ben').says('general', `${sim.mention} two`);
  await sim.until(() => scene.replies('general').length === 2);
  sim.user('ann').command('stop');
  await scene.finished('general', 2);
  expect(scene.replies('general').filter(({ content }) => content.endsWith('-# Stopped.'))).toHaveLength(2);
  const thread = sim.user('ann').startsThread(sim.user('ann').says('general', 'x'), 'Thread');
  sim.user('ann').says(thread, `${sim.mention} three`);
  await scene.shows(thread.id, 'Endless');
  sim.user('ann').command('stop', {}, thread);
  await scene.finished(thread.id);
  expect(scene.text(thread.id)).toContain('-# Stopped.');
});

test('a stop where nothing runs says so to who asked', async () => {
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  sim.user('ann').command('stop');
  await scene.shows('general', 'Nothing is being answered here at the moment.');
  expect(scene.replies('general')[0]?.onlyFor).toBe('ann');
});

test('Regenerate answers the same question again, in a new reply', async () => {
  const scene = await openScene([says('One.'), says('Better.')]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  await scene.finished(question.id);
  const press = sim.user('ann').presses(last(scene, question.id), 'Regenerate');
  await scene.finished(question.id, 2);
  expect(press.state).toBe('acknowledged');
  expect(scene.text(question.id)).toBe('One.\nBetter.');
  expect(scene.told()).toEqual(['go']);
});

test('thumbs are noted, and their giver gets thanks that only they see', async () => {
  const scene = await openScene([says('One.')]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  await scene.finished(question.id);
  const reply = last(scene, question.id);
  sim.user('ann').presses(reply, '👍');
  sim.user('ben').presses(reply, '👎');
  const rated = () => scene.log.filter(({ msg }) => msg === 'a reply was rated');
  await sim.until(() => rated().length === 2);
  expect(rated().map(({ conversation, person, opinion }) => [conversation, person, opinion])).toEqual([
    [`discord:${question.id}`, sim.user('ann').user.id, 'good'],
    [`discord:${question.id}`, sim.user('ben').user.id, 'bad'],
  ]);
  const thanks = scene.replies(question.id).filter(({ onlyFor }) => onlyFor);
  expect(thanks.map(({ content, onlyFor }) => [content, onlyFor])).toEqual([
    ['Thank you, noted.', 'ann'],
    ['Thank you, noted.', 'ben'],
  ]);
});

test('/new lets the bot forget a thread, and explains itself in a channel', async () => {
  const scene = await openScene([says('One.'), says('Two.')]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} one`);
  await scene.finished(question.id);
  sim.user('ann').command('new', {}, sim.channel(question.id));
  await scene.shows(question.id, 'From here on I remember nothing');
  sim.user('ann').says(question.id, 'two');
  await scene.finished(question.id, 2);
  expect(scene.told()).toEqual(['two']);
  sim.user('ann').command('new');
  await scene.shows('general', 'In a channel every mention starts anew by itself.');
});

test('/new where nobody has called the bot tells that to who gave it, and makes the bot listen to nobody', async () => {
  const scene = await openScene([says('Asked.'), says('Not asked.')]);
  const { sim } = scene;
  const ann = sim.user('ann');
  const thread = ann.startsThread(ann.says('general', 'Lunch?'), 'Lunch');
  ann.command('new', {}, thread);
  await scene.shows(thread.id, 'There is no conversation with me here that I could forget.');
  ann.command('new', {}, null);
  const direct = sim.directMessages('ann');
  await scene.shows(direct.id, 'There is no conversation with me here that I could forget.');
  expect(scene.replies(thread.id).map(({ onlyFor }) => onlyFor)).toEqual(['ann']);
  ann.says(thread, 'Pizza, then.');
  const question = ann.says('general', `${sim.mention} something else`);
  await scene.finished(question.id);
  expect(scene.received.map(({ text }) => text)).toEqual(['something else']);
  for (const { id } of [thread, direct]) expect(await scene.bot.knows(`discord:${id}`)).toBe(false);
});

test('/help tells how to ask, and what', async () => {
  const scene = await openScene([says('ok')]);
  scene.sim.user('ann').command('help');
  await scene.shows('general', '- How do refunds work?');
  expect(scene.replies('general')[0]?.onlyFor).toBe('ann');
});

test('the commands are registered once, and again only when they have changed', async () => {
  const scene = await openScene([says('ok')]);
  const { sim, bot } = scene;
  expect(sim.calls.count(`PUT ${COMMANDS}`)).toBe(1);
  await openDiscord(sim).start(bot);
  expect(sim.calls.count(`PUT ${COMMANDS}`)).toBe(1);
  const older = [{ name: 'old', description: 'Of an earlier version' }];
  await raw(sim, 'PUT', `/applications/${sim.bot.id}/commands`, older);
  await openDiscord(sim).start(bot);
  expect(sim.calls.count(`PUT ${COMMANDS}`)).toBe(3);
  await scene.platform.close();
});

test('commands that can not be registered keep nobody from asking', async () => {
  const scene = await openScene([says('ok')], { before: (sim) => sim.fail(`GET ${COMMANDS}`, 500, 9) });
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
  await scene.finished(question.id);
  expect(scene.log.map(({ msg }) => msg)).toContain(
    'the slash commands could not be registered with Discord',
  );
});
