import { expect, test } from 'vitest';
import type { SearchProgress } from '../../../src/platform.ts';
import { slack } from '../../sim/slack/fixture.ts';
import type { SlackSim } from '../../sim/slack/slack.ts';
import { stopClock } from '../../sim/stopped-clock.ts';
import { bareBot, openSlack } from './bare.ts';
import { GENERAL } from './world.ts';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const idOf = ({ channel, ts }: { channel: string; ts: string }) => `slack:${channel}:${ts}`;

/** Conversations that the bot knows, and a time after which nobody was there. */
async function scene() {
  const sim = await slack({ rates: { speed: Number.POSITIVE_INFINITY }, timing: { retryDelaysMs: [] } });
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  const known = ann.says(GENERAL, '@bobbin hello');
  const direct = ann.says(ann.dm, 'hello');
  await wait(2);
  const since = Date.now();
  await wait(2);
  const conversations = [known, direct].map(idOf);
  const bot = bareBot({
    knows: async (conversation) => conversations.includes(conversation),
    receive: ({ conversation }) => {
      conversations.push(conversation);
      return { kept: Promise.resolve(), answered: Promise.resolve() };
    },
    absence: async () => ({ since, conversations: conversations.slice(0, 2), taken: () => {} }),
  });
  return { sim, ann, ben, known, direct, bot };
}

/** What outlives a process that looks. */
const progressIn = (marks: Map<string, number>): SearchProgress => ({
  readUntil: (conversation) => marks.get(conversation),
  read: (conversation, until) => void marks.set(conversation, until),
  settled: () => {},
});

async function caughtUp(sim: SlackSim): Promise<void> {
  await sim.until(() => sim.counters.of('conversations.history').calls >= 2);
  await sim.settled();
}

test('what was written while nobody was there is taken at the start, in order, and nothing else', async () => {
  const { sim, ann, ben, known, direct, bot } = await scene();
  const followUps = ['one', 'two'].map((text) => ann.says(GENERAL, text, { thread: known.ts }));
  ben.says(GENERAL, `${ann.mention} what do you think?`, { thread: known.ts });
  ben.says(GENERAL, 'nothing to a bot');
  const edited = ann.says(ann.dm, 'and naow?', { thread: direct.ts });
  ann.edits(edited, 'and now?');
  const anew = ann.says(ann.dm, 'something new');
  const mention = ben.says(GENERAL, '@bobbin a new question');
  const inNew = ben.says(GENERAL, 'and this', { thread: mention.ts });
  await sim.settled();
  await openSlack(sim, bot);
  await sim.until(() => bot.received.length >= 6);
  await caughtUp(sim);
  const ids = bot.received.map(({ id }) => id);
  expect(new Set(ids)).toEqual(new Set([...followUps, edited, anew, mention, inNew].map(idOf)));
  expect(ids).toHaveLength(6);
  const inOrder = (messages: { channel: string; ts: string }[]) =>
    messages.map((one) => ids.indexOf(idOf(one)));
  for (const messages of [followUps, [mention, inNew]])
    expect(inOrder(messages)).toEqual(inOrder(messages).toSorted((a, b) => a - b));
  expect(bot.received.find(({ id }) => id === idOf(edited))?.text).toBe('and now?');
});

test('what is delivered again as well is taken once', async () => {
  const { sim, ann, known, bot } = await scene();
  sim.delivery.hold();
  const missed = ann.says(GENERAL, '@bobbin are you there?', { thread: known.ts });
  await openSlack(sim, bot);
  sim.delivery.release();
  await sim.until(() => bot.received.length > 0);
  await caughtUp(sim);
  expect(bot.received.map(({ id }) => id)).toEqual([idOf(missed)]);
});

test('one place that can not be read, and a limit that is reached, keep nothing of the others back', async () => {
  const { sim, ann, bot } = await scene();
  const anew = ann.says(ann.dm, 'something new');
  await sim.settled();
  sim.fails('conversations.replies', { error: 'channel_not_found' });
  sim.fails('conversations.replies', { retryAfter: 1 });
  await openSlack(sim, bot);
  await sim.until(() => bot.received.length > 0);
  expect(bot.received.map(({ id }) => id)).toEqual([idOf(anew)]);
});

test.each([{ status: 503 }, { network: 'reset' }, { error: 'internal_error' }] as const)(
  'where Slack has trouble (%j) the place is read once that is over',
  async (trouble) => {
    const { sim, ann, known, bot } = await scene();
    const missed = ann.says(GENERAL, '@bobbin are you there?', { thread: known.ts });
    await sim.settled();
    for (const method of ['conversations.history', 'conversations.replies']) sim.fails(method, trouble);
    await openSlack(sim, bot);
    await sim.until(() => bot.received.length > 0);
    expect(bot.received.map(({ id }) => id)).toEqual([idOf(missed)]);
  },
);

test('a store that fails at the start is asked again since when nobody has listened', async () => {
  const { sim, ann, known, bot } = await scene();
  const missed = ann.says(GENERAL, '@bobbin are you there?', { thread: known.ts });
  await sim.settled();
  let tries = 0;
  const absence = async () => {
    if (++tries === 1) throw new Error('The database starts.');
    return bot.absence('slack');
  };
  await openSlack(sim, { ...bot, absence });
  await sim.until(() => bot.received.length > 0);
  expect(bot.received.map(({ id }) => id)).toEqual([idOf(missed)]);
});

test('what can not be taken while the store fails is taken later, and only then is all of it', async () => {
  const { sim, ann, known, bot } = await scene();
  const missed = ann.says(GENERAL, 'one', { thread: known.ts });
  await sim.settled();
  let tries = 0;
  const knows = async (conversation: string) => {
    if (++tries === 1) throw new Error('The database starts.');
    return bot.knows(conversation);
  };
  const taken = Promise.withResolvers<string[]>();
  const absence = async () => {
    const about = await bot.absence('slack');
    return about && { ...about, taken: () => taken.resolve(bot.received.map(({ id }) => id)) };
  };
  await openSlack(sim, { ...bot, knows, absence });
  expect(await taken.promise).toEqual([idOf(missed)]);
});

test('where somebody was there all the time nothing is read', async () => {
  const { sim, ann, bot } = await scene();
  ann.says(ann.dm, 'something new');
  await sim.settled();
  await openSlack(sim, { ...bot, absence: async () => undefined });
  await sim.settled();
  expect(
    sim.counters.of('conversations.history').calls + sim.counters.of('conversations.replies').calls,
  ).toBe(0);
});

test('a thread is read where something was written since, also one that is new to the app, and no other', async () => {
  const { sim, ann, ben, bot } = await scene();
  const elsewhere = ben.says(GENERAL, 'the build is red');
  const called = ann.says(GENERAL, '@bobbin why is that?', { thread: elsewhere.ts });
  await sim.settled();
  await openSlack(sim, bot);
  await sim.until(() => bot.received.length > 0);
  await caughtUp(sim);
  expect(bot.received.map(({ id }) => id)).toEqual([idOf(called)]);
  // To catch up, and for what was said in the thread before the app was called.
  expect(sim.counters.of('conversations.replies').calls).toBe(2);
});

test('a process that dies while it looks leaves to the next only what it has not read', async () => {
  const { sim, ann, known, direct, bot } = await scene();
  const marks = new Map<string, number>();
  const progress = progressIn(marks);
  const absence = async () => {
    const known = await bot.absence('slack');
    return known && { ...known, progress };
  };
  const first = ann.says(GENERAL, 'one', { thread: known.ts });
  ann.says(ann.dm, 'two', { thread: direct.ts });
  await sim.settled();
  await openSlack(sim, { ...bot, absence });
  await sim.until(() => marks.size === 2);
  const read = sim.counters.of('conversations.replies').calls;
  const later = ann.says(ann.dm, 'three', { thread: direct.ts });
  await sim.until(() => bot.received.some(({ id }) => id === idOf(later)));
  bot.received.length = 0;
  await openSlack(sim, { ...bot, absence });
  await sim.until(() => bot.received.length > 0);
  await sim.settled();
  expect(bot.received.map(({ id }) => id)).toEqual([idOf(later)]);
  expect(sim.counters.of('conversations.replies').calls).toBe(read + 1);
  expect(marks.get(`slack:${GENERAL}:${known.ts}`)).toBe(Number(first.ts) * 1_000);
});

test.each([true, false])(
  'where another process has heard all of it (%j) nothing is read, and it is taken',
  async (isHeard) => {
    const { sim, ann, known, bot } = await scene();
    ann.says(GENERAL, 'one', { thread: known.ts });
    await sim.settled();
    const taken = Promise.withResolvers<void>();
    const absence = async () => {
      const missed = await bot.absence('slack');
      return (
        missed && {
          ...missed,
          unheardUntil: async () => (isHeard ? undefined : Date.now()),
          taken: taken.resolve,
        }
      );
    };
    await openSlack(sim, { ...bot, absence });
    await taken.promise;
    await sim.settled();
    expect(sim.counters.of('conversations.replies').calls > 0).toBe(!isHeard);
    expect(bot.received.length > 0).toBe(!isHeard);
  },
);

test('where people are heard again for long, no thread is read for what was written since, and none twice', async () => {
  const { sim, ann, ben, known, direct, bot } = await scene();
  const missed = ann.says(GENERAL, 'one', { thread: known.ts });
  const unheardUntil = Date.now();
  stopClock()(5 * 60_000);
  const here = ann.says(GENERAL, 'heard by another process', { thread: known.ts });
  const elsewhere = ben.says(GENERAL, '@bobbin heard, too');
  await sim.settled();
  const marks = new Map<string, number>([[idOf(direct), unheardUntil + 2 * 60_000]]);
  const progress = progressIn(marks);
  const look = async (unheard: number) => {
    const taken = Promise.withResolvers<void>();
    const absence = async () => {
      const about = await bot.absence('slack');
      return about && { ...about, progress, unheardUntil: async () => unheard, taken: taken.resolve };
    };
    await openSlack(sim, { ...bot, absence });
    await taken.promise;
  };
  await look(unheardUntil);
  expect(bot.received.map(({ id }) => id)).toEqual([missed, here].map(idOf));
  expect(marks.has(idOf(elsewhere))).toBe(false);
  const { calls } = sim.counters.of('conversations.replies');
  // Read to its end, the thread need not be read again for a time since then that nobody heard.
  await look(unheardUntil + 3 * 60_000);
  expect(sim.counters.of('conversations.replies').calls).toBe(calls);
});

test('new questions in all channels are found before what was written in threads', async () => {
  const { sim, ann, known, bot } = await scene();
  const follow = ann.says(GENERAL, 'one', { thread: known.ts });
  const anew = ann.says(ann.dm, 'something new');
  await sim.settled();
  await openSlack(sim, bot);
  await sim.until(() => bot.received.length === 2);
  expect(bot.received.map(({ id }) => id)).toEqual([anew, follow].map(idOf));
});

test('what is heard at the start comes behind what was missed in its channel', async () => {
  const { sim, ann, known, bot } = await scene();
  const missed = ann.says(GENERAL, 'one', { thread: known.ts });
  await sim.settled();
  await openSlack(sim, bot);
  const heard = ann.says(GENERAL, 'two', { thread: known.ts });
  await sim.until(() => bot.received.length === 2);
  expect(bot.received.map(({ id }) => id)).toEqual([missed, heard].map(idOf));
});

test.each([{}, { error: 'channel_not_found' }] as const)(
  'also while another process looks, a thread in which somebody writes is read at once, if it can be (%j)',
  async (trouble) => {
    const { sim, ann, known, direct, bot } = await scene();
    const missed = ann.says(GENERAL, 'one', { thread: known.ts });
    ann.says(ann.dm, 'nobody waits for this', { thread: direct.ts });
    await sim.settled();
    if (trouble.error) sim.fails('conversations.replies', trouble);
    const absence = async () => {
      const about = await bot.absence('slack');
      return about && { ...about, unheardUntil: () => new Promise<undefined>(() => {}) };
    };
    await openSlack(sim, { ...bot, absence });
    const heard = [known, known].map((thread) => ann.says(GENERAL, 'two', { thread: thread.ts }));
    await sim.until(() => bot.received.length >= (trouble.error ? 2 : 3));
    await sim.settled();
    expect(bot.received.map(({ id }) => id)).toEqual(
      [...(trouble.error ? [] : [missed]), ...heard].map(idOf),
    );
    expect(sim.counters.of('conversations.replies').calls).toBe(1);
  },
);

test('after a long time without a connection it is looked for again, and what is heard then waits for that', async () => {
  const { sim, ann, known, bot } = await scene();
  const slack = await openSlack(sim, bot);
  await caughtUp(sim);
  await wait(2);
  sim.delivery.hold();
  const missed = ann.says(GENERAL, 'one', { thread: known.ts });
  slack.catchUp();
  await sim.until(() => bot.received.length === 1);
  sim.delivery.release();
  const heard = ann.says(GENERAL, 'two', { thread: known.ts });
  await sim.until(() => bot.received.length === 2);
  expect(bot.received.map(({ id }) => id)).toEqual([missed, heard].map(idOf));
});
