import { ChannelType } from 'discord.js';
import { expect, test } from 'vitest';
import { says } from '../../sim/scripted-model.ts';
import { stopClock } from '../../sim/stopped-clock.ts';
import { gate, openDiscord, openScene } from './open-scene.ts';

/** What people write while no process hears it, or while the connection to the gateway is lost for good. */

const LIST = 'GET /channels/:channel/messages';
/** Before everything that a test does, in Unix ms. */
const EVER = { since: Date.UTC(2026, 0), conversations: [], taken: () => {} };
/** Longer than Discord knows a nonce, in ms. */
const LONG = 200_000;

test('what was written while nobody heard it is answered, each in its place and in order', async () => {
  const ids = { mention: '', thread: '' };
  const scene = await openScene([says('Fine.')], {
    before: (sim) => {
      const [ann, ben] = [sim.user('ann'), sim.user('ben')];
      ids.mention = ann.says('general', `${sim.mention} one`).id;
      ben.says('general', 'not for a bot');
      const thread = ben.startsThread(ben.says('general', 'people talk'), 'Talk');
      ids.thread = thread.id;
      ann.says(thread, 'before it is called');
      ann.says(thread, `${sim.mention} two`);
      ann.says(thread, 'three');
      ann.dm('four');
      ben.dm('five');
    },
    absence: (sim) => ({
      ...EVER,
      // The last one is no channel: a message that a conversation in a channel is named by.
      conversations: [sim.directMessages('ann').id, ids.mention].map((id) => `discord:${id}`),
    }),
  });
  const { sim } = scene;
  await sim.until(() => scene.received.length === 4);
  await scene.settled();
  expect(scene.received.map(({ text }) => text).sort()).toEqual(['four', 'one', 'three', 'two']);
  expect(scene.received.filter(({ conversation }) => conversation === `discord:${ids.thread}`)).toMatchObject(
    [
      {
        text: 'two',
        context: [{ text: expect.stringContaining('people talk') }, { text: 'before it is called' }],
      },
      { text: 'three' },
    ],
  );
  expect(scene.text(ids.mention)).toBe('Fine.');
  expect(scene.text(sim.directMessages('ann').id)).toBe('Fine.');
  // Whose direct messages were not used lately is not known; Discord tells no list of them.
  expect(scene.text(sim.directMessages('ben').id)).toBe('');
});

test('in threads and forums what belongs to one conversation is taken in the order in which it was written', async () => {
  const ids = { thread: '', post: '', role: '' };
  const scene = await openScene([says('Fine.')], {
    before: (sim) => {
      const [ann, ben] = [sim.user('ann'), sim.user('ben')];
      const mention = ann.says('general', `${sim.mention} one`);
      ids.thread = ben.startsThread(mention, 'One').id;
      ben.says(ids.thread, 'two');
      const forum = sim.addChannel('forum', ChannelType.GuildForum);
      ids.post = ann.posts(forum, 'How', `${sim.mention} three`).id;
      ann.says(ids.post, 'four');
      const role = [...sim.guild.roles.values()].find(({ bot }) => bot === sim.bot);
      if (role) role.mentionable = true;
      ids.role = ben.startsThread(ben.says('general', 'x'), 'By role').id;
      ben.says(ids.role, `<@&${role?.id}> five`);
      ben.says(ids.role, 'six');
    },
    absence: () => EVER,
  });
  await scene.sim.until(() => scene.received.length === 6);
  await scene.settled();
  const of = (id: string) =>
    scene.received.filter(({ conversation }) => conversation === `discord:${id}`).map(({ text }) => text);
  expect([ids.thread, ids.post, ids.role].map(of)).toEqual([
    ['one', 'two'],
    ['How\n\nthree', 'four'],
    ['five', 'six'],
  ]);
});

test('what was written before that, and where the bot may not read, is not looked up', async () => {
  const pass = stopClock();
  const scene = await openScene([says('Fine.')], {
    sim: { channels: ['general', 'closed', 'quiet'] },
    before: (sim) => {
      sim.user('ann').says('quiet', `${sim.mention} old`);
      pass(LONG);
      sim.user('ann').says('general', `${sim.mention} new`);
      sim.user('ann').says('closed', `${sim.mention} unseen`);
      sim.deny('closed', ['ReadMessageHistory']);
    },
    absence: () => ({ ...EVER, since: Date.now() }),
  });
  await scene.sim.until(() => scene.received.length > 0);
  await scene.settled();
  expect(scene.received.map(({ text }) => text)).toEqual(['new']);
  expect(scene.sim.calls.count(LIST)).toBe(1);
});

test('a channel in which much was written is read page by page', async () => {
  const scene = await openScene([says('Fine.')], {
    before: (sim) => {
      for (let n = 0; n < 230; n++) sim.user('ben').says('general', `chatter ${n}`);
      sim.user('ann').says('general', `${sim.mention} at last`);
    },
    absence: () => EVER,
  });
  await scene.sim.until(() => scene.received.length === 1);
  expect(scene.received[0]?.text).toBe('at last');
  expect(scene.sim.calls.count(LIST)).toBe(3);
});

test('where so much was written that some of it is not read, the log says so', async () => {
  const scene = await openScene([says('Fine.')], {
    before: (sim) => {
      for (let n = 0; n < 1_001; n++) sim.user('ben').says('general', 'chatter');
    },
    absence: () => EVER,
  });
  await scene.sim.until(() => scene.log.some(({ msg }) => msg.startsWith('so much was written')));
  expect(scene.sim.calls.count(LIST)).toBe(10);
});

test('a channel that can not be read is named in the log, and the others are', async () => {
  const scene = await openScene([says('Fine.')], {
    sim: { channels: ['one', 'two'] },
    before: (sim) => {
      sim.user('ann').says('one', `${sim.mention} go`);
      sim.user('ann').says('two', `${sim.mention} go`);
      sim.fail(LIST, 403);
    },
    absence: () => EVER,
  });
  const notRead = () => scene.log.filter(({ msg }) => msg.endsWith('could not be read'));
  await scene.sim.until(() => scene.received.length === 1 && notRead().length === 1);
});

test('what was missed while Discord has trouble is read once that is over, and answered before what is heard meanwhile', async () => {
  const scene = await openScene([says('Fine.')], {
    before: (sim) => {
      sim.user('ann').says('general', `${sim.mention} one`);
      // discord.js itself tries four times each time.
      sim.fail(LIST, 500, 5);
      sim.fail(LIST, 'cut', 5);
    },
    absence: () => EVER,
  });
  scene.sim.user('ann').says('general', `${scene.sim.mention} two`);
  await scene.sim.until(() => scene.received.length === 2);
  expect(scene.received.map(({ text }) => text)).toEqual(['one', 'two']);
});

test('a store that fails at the start is asked again since when nobody has listened', async () => {
  let tries = 0;
  const scene = await openScene([says('Fine.')], {
    before: (sim) => void sim.user('ann').says('general', `${sim.mention} one`),
    absence: async () => {
      if (++tries === 1) throw new Error('The database starts.');
      return EVER;
    },
  });
  await scene.sim.until(() => scene.received.length === 1);
});

test('what can not be taken while the store fails is taken later, and only then is all of it', async () => {
  let tries = 0;
  const taken = Promise.withResolvers<string[]>();
  const scene = await openScene([says('Fine.')], {
    before: (sim) => {
      const ann = sim.user('ann');
      ann.says(ann.startsThread(ann.says('general', `${sim.mention} one`), 'Talk'), 'two');
    },
    knows: async () => {
      if (++tries === 1) throw new Error('The database starts.');
      return true;
    },
    absence: () => ({ ...EVER, taken: () => taken.resolve(scene.received.map(({ text }) => text)) }),
  });
  expect(await taken.promise).toEqual(['one', 'two']);
  expect(tries).toBeGreaterThan(1);
});

test('what is heard meanwhile waits for what was not', async () => {
  const known = gate();
  let thread = '';
  const scene = await openScene([says('Fine.')], {
    before: (sim) => {
      const ann = sim.user('ann');
      const talk = ann.startsThread(ann.says('general', 'x'), 'Talk');
      thread = talk.id;
      ann.says(talk, `${sim.mention} one`);
    },
    absence: async () => {
      await known.opened;
      return EVER;
    },
  });
  scene.sim.user('ann').says(thread, `${scene.sim.mention} two`);
  const other = scene.sim.user('ann').says('general', `${scene.sim.mention} three`);
  known.open();
  await scene.sim.until(() => scene.received.length === 3);
  const inThread = scene.received.filter(({ conversation }) => conversation === `discord:${thread}`);
  expect(inThread.map(({ text }) => text)).toEqual(['one', 'two']);
  await scene.finished(other.id);
});

test('where somebody waits is looked up before places where nobody does', async () => {
  const known = gate();
  const scene = await openScene([says('Fine.')], {
    before: (sim) => {
      const ann = sim.user('ann');
      for (let talks = 0; talks < 20; talks++)
        ann.says(ann.startsThread(ann.says('general', 'x'), `Talk ${talks}`), `${sim.mention} in a thread`);
      ann.dm('one');
    },
    absence: async (sim) => {
      await known.opened;
      return { ...EVER, conversations: [`discord:${sim.directMessages('ann').id}`] };
    },
  });
  scene.sim.user('ann').dm('two');
  known.open();
  await scene.sim.until(() => scene.received.length === 22);
  const texts = scene.received.map(({ text }) => text);
  expect(texts.indexOf('two')).toBe(texts.indexOf('one') + 1);
  expect(texts.indexOf('two')).toBeLessThan(15);
});

test('what was heard all the same is not answered again, and what was not for the bot then is not now', async () => {
  const pass = stopClock();
  const scene = await openScene([says('Fine.')]);
  const { sim, bot } = scene;
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  const talk = ann.startsThread(ann.says('general', 'x'), 'Talk');
  ben.says(talk, 'look at this');
  ann.says(talk, `${sim.mention} one`);
  await scene.finished(talk.id);
  ann.says('general', sim.mention);
  await scene.shows('general', 'Mention me in a channel');
  await scene.settled();
  pass(LONG);
  bot.absence = async () => EVER;
  const [lists, heard] = [sim.calls.count(LIST), scene.received.length];
  await openDiscord(sim).start(bot);
  ann.says('general', `${sim.mention} two`);
  await sim.until(() => scene.received.some(({ text }) => text === 'two'));
  await scene.settled();
  expect(sim.calls.count(LIST)).toBeGreaterThan(lists);
  expect(scene.received.slice(heard).map(({ text }) => text)).not.toContain('look at this');
  expect(scene.replies(talk.id).map(({ content }) => content)).toEqual(['Fine.']);
  expect(scene.replies('general').filter(({ content }) => content.startsWith('Mention me'))).toHaveLength(1);
});

test('a question by /ask whose process ended before it had kept it is found in the message that shows it', async () => {
  const scene = await openScene([says('Fine.')]);
  const { sim, bot } = scene;
  const receive = bot.receive;
  const lost: string[] = [];
  bot.receive = ({ text }) => {
    lost.push(text);
    return { kept: Promise.resolve(), answered: Promise.resolve() };
  };
  sim.user('ann').command('ask', { question: 'How long\ndo refunds take?' });
  sim.user('ann').command('ask', { question: 'And directly?' }, null);
  await sim.until(() => lost.length === 2);
  await scene.platform.close();
  bot.receive = receive;
  const direct = sim.directMessages('ann').id;
  bot.absence = async () => ({ ...EVER, conversations: [`discord:${direct}`] });
  await openDiscord(sim).start(bot);
  await sim.until(() => scene.received.length === 2);
  const asked = scene.replies('general')[0]?.id ?? '';
  expect(scene.received).toMatchObject([
    {
      id: asked,
      conversation: `discord:${asked}`,
      text: 'How long\ndo refunds take?',
      author: { name: 'ann' },
    },
    { conversation: `discord:${direct}`, text: 'And directly?' },
  ]);
});

test('what is written while a session that can not be resumed begins anew is looked up', async () => {
  const scene = await openScene([says('Fine.')], { sim: { timing: { ready: 200 } } });
  const { sim } = scene;
  const ann = sim.user('ann');
  ann.dm('first');
  await scene.finished(sim.directMessages('ann').id);
  const first = ann.says('general', `${sim.mention} one`);
  await scene.finished(first.id);
  await scene.settled();
  sim.gateway.invalidate(false);
  ann.says(first.id, 'two');
  ann.dm('three');
  const second = ann.says('general', `${sim.mention} four`);
  await scene.finished(second.id);
  await scene.finished(first.id, 2);
  await scene.finished(sim.directMessages('ann').id, 2);
  expect(scene.received.map(({ text }) => text).sort()).toEqual(['first', 'four', 'one', 'three', 'two']);
  expect(sim.gateway.identifies).toBe(2);
});
