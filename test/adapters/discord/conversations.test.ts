import { ChannelType } from 'discord.js';
import { expect, test } from 'vitest';
import type { DiscordSim } from '../../sim/discord/discord.ts';
import { says, text } from '../../sim/scripted-model.ts';
import { gate, heldBy, openScene } from './open-scene.ts';

test('a mention in a channel is answered in a thread that hangs on it, titled by the question', async () => {
  const scene = await openScene([says('Within ', 'five days.')]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} How long do refunds take?`);
  const [reply] = await scene.finished(question.id);
  expect(reply?.content).toBe('Within five days.');
  expect(sim.messages('general').map(({ thread }) => thread)).toEqual(['How long do refunds take?']);
  expect(scene.told()).toEqual(['How long do refunds take?']);
  expect(scene.model.requests[0]?.instructions).toContain('"ann"');
});

test('a long question is cut between words for the title of its thread', async () => {
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} ${'very '.repeat(30)}long\nquestion`);
  await scene.finished(question.id);
  expect(sim.channel(question.id).name).toBe(`${'very '.repeat(18)}very…`);
  expect(scene.told()).toEqual([`${'very '.repeat(30)}long\nquestion`]);
});

test('a follow-up in the thread needs no mention, and pings its author by the reply', async () => {
  const scene = await openScene([says('One.'), says('Two.')]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} first`);
  await scene.finished(question.id);
  sim.user('ben').says(question.id, 'second');
  const replies = await scene.finished(question.id, 2);
  expect(replies.map(({ content, replyTo }) => [content, replyTo?.content])).toEqual([
    ['One.', undefined],
    ['Two.', 'second'],
  ]);
  expect(scene.told()).toEqual(['first', 'second']);
  expect(sim.pings.at(-1)).toMatchObject({ author: 'Bobbin', notified: ['ben'] });
});

test('a follow-up that speaks to somebody else is not for the bot, unless it mentions the bot too', async () => {
  const scene = await openScene([says('One.'), says('Two.')]);
  const { sim } = scene;
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  const question = ann.says('general', `${sim.mention} first`);
  await scene.finished(question.id);
  const aside = ann.says(question.id, `${ben.mention} what do you think?`);
  ben.says(question.id, 'I agree', { replyTo: aside });
  ann.says(question.id, `${ben.mention} and ${sim.mention}, go on`);
  await scene.finished(question.id, 2);
  expect(scene.told()).toEqual(['first', '@ben and @Bobbin, go on']);
});

test("in somebody else's thread the bot answers in place, and needs no mention from then on", async () => {
  const scene = await openScene([says('One.'), says('Two.')]);
  const { sim } = scene;
  const ann = sim.user('ann');
  const thread = ann.startsThread(ann.says('general', 'Refunds'), 'Refunds');
  ann.says(thread, 'not for the bot');
  ann.says(thread, `${sim.mention} one`);
  await scene.finished(thread.id);
  ann.says(thread, 'two');
  await scene.finished(thread.id, 2);
  expect(scene.told()).toEqual(['one', 'two']);
  expect(sim.messages('general')).toHaveLength(1);
});

test('direct messages are one conversation, and need no mention', async () => {
  const scene = await openScene([says('One.'), says('Two.')]);
  const { sim } = scene;
  sim.user('ann').dm('first');
  const { id } = sim.directMessages('ann');
  await scene.finished(id);
  sim.user('ann').dm('second');
  await scene.finished(id, 2);
  expect(scene.text(id)).toBe('One.\nTwo.');
  expect(scene.told()).toEqual(['first', 'second']);
});

test('without threads the reply stands in the channel, and replies to it go on with its conversation', async () => {
  const answers = ['One.', 'Two.', 'x'.repeat(2_500), 'Four.', 'Other.'];
  const scene = await openScene(
    answers.map((answer) => says(answer)),
    { discord: { replyIn: 'channel' } },
  );
  const { sim } = scene;
  const ann = sim.user('ann');
  const replyTo = (index: number) => ({ replyTo: sim.message(scene.replies('general')[index]?.id ?? '') });
  ann.says('general', `${sim.mention} one`);
  await scene.finished('general');
  ann.says('general', 'two', replyTo(0));
  await scene.finished('general', 2);
  ann.says('general', 'three', { ...replyTo(1), pingReplied: false });
  await scene.finished('general', 3);
  ann.says('general', 'four', replyTo(2));
  await scene.finished('general', 4);
  expect(scene.told()).toEqual(['one', 'two', 'three', 'four']);
  sim.user('ben').says('general', `${sim.mention} something else`);
  await scene.finished('general', 5);
  expect(scene.told()).toEqual(['something else']);
  expect(sim.messages('general').every(({ thread }) => thread === null)).toBe(true);
});

test('a mention that answers somebody brings what they wrote, and who wrote it', async () => {
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  const said = sim.user('ben').says('general', 'Refunds take\nfive days.');
  const question = sim.user('ann').says('general', `${sim.mention} is that true?`, { replyTo: said });
  await scene.finished(question.id);
  expect(scene.told()).toEqual(['> ben: Refunds take\n> five days.\n\nis that true?']);
});

test('people, roles and channels are named to the model as people see them', async () => {
  let role = '';
  const before = (sim: DiscordSim) => {
    role = sim.addRole('Support').id;
  };
  const scene = await openScene([says('ok')], { before });
  const { sim } = scene;
  const channel = sim.channel('general');
  const question = sim
    .user('ann')
    .says('general', `${sim.mention} tell ${sim.user('ben').mention} of <@&${role}> in <#${channel.id}>`);
  await scene.finished(question.id);
  expect(scene.told()).toEqual(['tell @ben of @Support in #general']);
});

test('other bots, edits and deletions start nothing', async () => {
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  const robot = sim.user('robot');
  robot.user.bot = true;
  robot.says('general', `${sim.mention} hello`);
  const plain = sim.user('ann').says('general', 'not for you');
  sim.user('ann').edits(plain, `${sim.mention} now for you`);
  sim.user('ann').deletes(plain);
  const question = sim.user('ann').says('general', `${sim.mention} real`);
  sim.unfurl(question, 'A preview');
  await scene.finished(question.id);
  expect(scene.model.requests).toHaveLength(1);
  expect(scene.told()).toEqual(['real']);
});

test('an event that is delivered twice is one turn', async () => {
  const scene = await openScene([says('ok')], {
    sim: { copies: (event) => (event === 'MESSAGE_CREATE' ? 2 : 1) },
  });
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} once`);
  await scene.finished(question.id);
  const next = sim.user('ann').says('general', `${sim.mention}, another. ${sim.mention}`);
  await scene.finished(next.id);
  expect(scene.model.requests).toHaveLength(2);
  expect(scene.replies(question.id)).toHaveLength(1);
  expect(scene.told()).toEqual(['another.']);
});

test('a second and a third message during a reply are answered in order, in one following turn', async () => {
  const first = gate();
  const scene = await openScene([heldBy(first, text('One')), says('Two and three.')]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} one`);
  await scene.shows(question.id, 'One');
  sim.user('ben').says(question.id, 'two');
  sim.user('ann').says(question.id, 'three');
  first.open();
  await scene.finished(question.id, 2);
  expect(scene.text(question.id)).toBe('One\nTwo and three.');
  expect(scene.model.requests).toHaveLength(2);
  expect(scene.told()).toEqual(['one', 'two', 'three']);
});

test('a mention without a question gets to know how to ask', async () => {
  const scene = await openScene([says('ok')]);
  const { sim } = scene;
  sim.user('ann').says('general', sim.mention);
  await scene.shows('general', 'Mention me in a channel with your question');
  expect(scene.text('general')).toContain('- How do refunds work?');
  expect(scene.model.requests).toHaveLength(0);
});

test('where threads are not possible the reply stands in the channel', async () => {
  const scene = await openScene([says('In place.'), says('Here, too.')], {
    sim: { channels: ['general', 'flat'] },
  });
  const { sim } = scene;
  sim.deny('flat', ['CreatePublicThreads']);
  const question = sim.user('ann').says('flat', `${sim.mention} here?`);
  const [reply] = await scene.finished('flat');
  expect(reply).toMatchObject({ content: 'In place.', replyTo: { content: question.content } });
  const voice = sim.addChannel('talk', ChannelType.GuildAnnouncement);
  sim.deny('talk', ['SendMessagesInThreads']);
  sim.user('ann').says(voice, `${sim.mention} here?`);
  await scene.finished('talk');
});

test('where a server has all the active threads that it may have, the reply stands in the channel', async () => {
  const scene = await openScene([says('In place.')], { sim: { activeThreads: 0 } });
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} here?`);
  const [reply] = await scene.finished('general');
  expect(reply).toMatchObject({ content: 'In place.', replyTo: { content: question.content } });
});

test('a mention in the chat of a voice channel is answered there', async () => {
  const scene = await openScene([says('In place.')], {
    before: (sim) => {
      sim.addChannel('talk', ChannelType.GuildVoice);
      sim.allow('talk', ['Connect']);
    },
  });
  const { sim } = scene;
  sim.user('ann').says('talk', `${sim.mention} here?`);
  const [reply] = await scene.finished('talk');
  expect(reply?.content).toBe('In place.');
});

test('a thread that somebody has started from the question already takes the reply', async () => {
  const scene = await openScene([says('Here.')]);
  const { sim } = scene;
  const started = sim.watch(({ kind, messageId }) => {
    if (kind !== 'message' || !messageId) return;
    const message = sim.message(messageId);
    if (message.content.includes('early')) sim.user('ben').startsThread(message, "Ben's thread");
  });
  const question = sim.user('ann').says('general', `${sim.mention} early`);
  await scene.finished(question.id);
  started();
  expect(sim.channel(question.id).name).toBe("Ben's thread");
});
