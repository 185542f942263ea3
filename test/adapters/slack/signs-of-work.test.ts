import { webApi } from '@slack/bolt';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Slack } from '../../../adapters/slack/slack.ts';
import { slack as simulated } from '../../sim/slack/fixture.ts';
import { bareBot, openSlack } from './bare.ts';
import { ANEW, isAtWork, question, scene, shows, viewsOf } from './going-on-scene.ts';
import { GENERAL } from './world.ts';

test.each([true, false])(
  'a reply that goes on shows what is done, and takes that away (direct: %j)',
  async (direct) => {
    const { sim, first, second } = await scene({});
    const asked = question(sim, direct);
    const dying = first.reply([asked]);
    await sim.until(() => isAtWork(sim, asked));
    const reply = second.reply([asked], {});
    expect(dying).toBeDefined();
    await shows(reply, viewsOf(ANEW, reply, 2));
    await sim.until(() => !isAtWork(sim, asked));
  },
);

test.each([true, false])(
  'at the start a sign of work goes away where nothing is left to stop (direct: %j)',
  async (direct) => {
    const { sim, first } = await scene({});
    const asked = question(sim, direct);
    const dying = first.reply([asked]);
    await sim.until(() => isAtWork(sim, asked));
    expect(dying).toBeDefined();
    const atRest = [asked.conversation];
    const absence = { since: Date.now(), conversations: [], atRest, taken: () => {} };
    await openSlack(sim, bareBot({ absence: async () => absence }), {});
    await sim.until(() => !isAtWork(sim, asked));
  },
);

test('at the start signs of work go in many places, one after the other', async () => {
  const minute = 600;
  const { sim } = await scene({}, 60_000 / minute);
  const dead = new webApi.WebClient(sim.app.botToken, { slackApiUrl: sim.apiUrl });
  const asked = Array.from({ length: 30 }, () => question(sim, true));
  for (const { channel, thread } of asked)
    await dead.agents.sessions.setStatus({ channel_id: channel, thread_ts: thread, status: 'processing' });
  expect(asked.every((one) => isAtWork(sim, one))).toBe(true);
  const places = asked.map(({ conversation }) => conversation);
  const [signsLeft, atRest] = [places.slice(0, 27), places.slice(27)];
  const absence = { since: Date.now(), conversations: [], signsLeft, atRest, taken: () => {} };
  await openSlack(sim, bareBot({ absence: async () => absence }), { timing: { minute } });
  await sim.until(() => !asked.some((one) => isAtWork(sim, one)));
});

test('a reply is not over before Slack has taken its Stop button away', async () => {
  const { sim, first } = await scene({ timing: { minute: 6_000 } });
  const asked = question(sim, true);
  const reply = first.reply([asked]);
  await sim.until(() => isAtWork(sim, asked));
  sim.fails('agents.sessions.setStatus', { status: 500 });
  await reply.close?.();
  expect(isAtWork(sim, asked)).toBe(false);
});

test('a reply is over although Slack takes no Stop button away for now: that is noted, and it goes when Slack lets it', async () => {
  const sim = await simulated();
  sim.delivery.hold();
  const noted: string[] = [];
  const bot = bareBot({ signOfWork: (conversation, sign) => noted.push(`${sign} ${conversation}`) });
  const slack = await openSlack(sim, bot, { timing: { minute: 600 } });
  const asked = question(sim, true);
  const reply = slack.reply([asked]);
  await sim.until(() => isAtWork(sim, asked));
  sim.fails('agents.sessions.setStatus', { retryAfter: 1 });
  await reply.close?.();
  expect(isAtWork(sim, asked)).toBe(true);
  expect(noted).toEqual([`left ${asked.conversation}`]);
  await sim.until(() => noted.length === 2);
  expect(noted.at(-1)).toBe(`gone ${asked.conversation}`);
  expect(isAtWork(sim, asked)).toBe(false);
});

test('of however many replies go on at once, none leaves a sign of work behind', async () => {
  const minute = 3_000;
  const { sim, second } = await scene({ timing: { minute } }, 60_000 / minute);
  const asked = Array.from({ length: 60 }, () => question(sim, true));
  const replies = asked.map((one) => second.reply([one], {}));
  await sim.until(() => sim.counters.of('agents.sessions.setStatus').calls >= 10);
  await Promise.all(replies.map((reply) => reply.close?.()));
  await sim.until(() => !asked.some((one) => isAtWork(sim, one)));
});

test('what was heard here and is answered elsewhere loses its sign here, and keeps the one of the reply', async () => {
  const sim = await simulated();
  const { promise: answered, resolve: elsewhere } = Promise.withResolvers<void>();
  const bot = bareBot({ receive: () => ({ kept: Promise.resolve(), answered }) });
  const slack: Slack = await openSlack(sim, bot, {}, pino({ level: 'silent' }));
  const ann = sim.user('ann');
  const { channel, ts: thread } = ann.says(ann.dm, 'hello');
  await sim.until(() => bot.received.length === 1 && isAtWork(sim, { channel, thread }));
  const reply = slack.reply(bot.received);
  elsewhere();
  await answered;
  expect(isAtWork(sim, { channel, thread })).toBe(true);
  await shows(reply, viewsOf(ANEW, reply, 2));
  await sim.until(() => !isAtWork(sim, { channel, thread }));
});

test.each([true, false])(
  'who answers what another process has heard shows so again when that one takes its sign away (direct: %j)',
  async (direct) => {
    const sim = await simulated();
    const options = { timing: { minute: 20_000, sibling: 0 } };
    const { promise: answered, resolve: elsewhere } = Promise.withResolvers<void>();
    const hears = bareBot({ receive: () => ({ kept: Promise.resolve(), answered }) });
    await openSlack(sim, hears, options);
    const ann = sim.user('ann');
    const { channel, ts: thread } = ann.says(direct ? ann.dm : GENERAL, '@bobbin hello');
    const asked = { channel, thread };
    await sim.until(() => hears.received.length === 1 && isAtWork(sim, asked));
    const reply = (await openSlack(sim, bareBot(), options)).reply(hears.received);
    elsewhere();
    await sim.until(() => !isAtWork(sim, asked));
    await sim.until(() => isAtWork(sim, asked));
    await shows(reply, viewsOf(ANEW, reply, 2));
    await sim.until(() => !isAtWork(sim, asked));
  },
);
