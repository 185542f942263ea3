import { expect, test } from 'vitest';
import type { Bot, Receipt } from '../../../src/platform.ts';
import { slack } from '../../sim/slack/fixture.ts';
import type { SlackSim } from '../../sim/slack/slack.ts';
import { bareBot, openSlack, openSlackByHttp } from './bare.ts';
import { GENERAL } from './world.ts';

/** Slack's patience and its waits before it delivers again, shortened. */
const TIMING = { ackMs: 300, retryDelaysMs: [20, 100, 400, 400] };

const TRANSPORTS = [
  ['Socket Mode', openSlack],
  ['HTTP', openSlackByHttp],
] as const;

type Open = (sim: SlackSim, bot: Bot) => Promise<{ close(): Promise<void> }>;

const answered = Promise.resolve();

/** A bot whose messages are kept when the test says so. */
function slowBot() {
  const { promise: kept, resolve: keeps } = Promise.withResolvers<void>();
  const receipt: Receipt = { kept, answered };
  return { bot: bareBot({ receive: () => receipt }), keeps };
}

async function scene(open: Open, bot: Bot) {
  const sim = await slack({ timing: TIMING });
  const process = await open(sim, bot);
  return { sim, process, ann: sim.user('ann') };
}

/** What became of each event, in the order in which that was sure. */
const outcomes = ({ delivery }: SlackSim) => delivery.log.map(({ outcome }) => outcome.acked);

test.each(TRANSPORTS)('%s: a message is acknowledged after it is kept', async (_, open) => {
  const { bot, keeps } = slowBot();
  const { sim, ann } = await scene(open, bot);
  ann.says(GENERAL, '@bobbin hello');
  await sim.until(() => bot.received.length === 1);
  expect(sim.delivery.log).toEqual([]);
  keeps();
  await sim.settled();
  expect(sim.delivery.log.map(({ attempts, outcome }) => [attempts, outcome.acked])).toEqual([
    [1, true],
    [1, true],
  ]);
});

test.each(TRANSPORTS)(
  '%s: a process that dies before a message is kept has not acknowledged it, and the next one gets it once',
  async (_, open) => {
    const dead = slowBot();
    const { sim, process, ann } = await scene(open, dead.bot);
    const { ts } = ann.says(GENERAL, '@bobbin hello');
    await sim.until(() => dead.bot.received.length === 1);
    await process.close();
    const next = bareBot();
    await open(sim, next);
    await sim.settled();
    expect(next.received.map(({ id }) => id)).toEqual([`slack:${GENERAL}:${ts}`]);
    expect(outcomes(sim)).toEqual([true, true]);
    expect(sim.delivery.log.every(({ attempts }) => attempts > 1)).toBe(true);
  },
);

test.each(TRANSPORTS)(
  '%s: what takes longer than Slack waits comes again, is taken once, and is acknowledged once it is kept',
  async (_, open) => {
    const { bot, keeps } = slowBot();
    const { sim, ann } = await scene(open, bot);
    ann.says(sim.user('ann').dm, 'hello');
    await sim.until(() => bot.received.length === 1);
    setTimeout(keeps, TIMING.ackMs * 1.5);
    await sim.settled();
    expect(outcomes(sim)).toEqual([true]);
    expect(sim.delivery.log[0]?.attempts).toBeGreaterThan(1);
    expect(bot.received).toHaveLength(1);
  },
);

test.each(TRANSPORTS)('%s: what could not be taken comes again', async (_, open) => {
  let failures = 1;
  const receive = (): Receipt => {
    if (failures-- > 0) throw new Error('boom');
    return { kept: answered, answered };
  };
  const bot = bareBot({ receive });
  const { sim, ann } = await scene(open, bot);
  ann.says(ann.dm, 'hello');
  await sim.settled();
  expect(bot.received).toHaveLength(2);
  expect(outcomes(sim)).toEqual([true]);
});

test.each(TRANSPORTS)('%s: what is nothing to the bot is acknowledged at once', async (_, open) => {
  const { bot } = slowBot();
  const { sim, ann } = await scene(open, bot);
  ann.says(GENERAL, 'nothing to a bot');
  sim.user('otherbot').says(GENERAL, 'of a bot');
  const edited = ann.says(GENERAL, 'with a typo');
  ann.edits(edited, 'without');
  ann.opensHomeTab();
  await sim.settled();
  expect(sim.delivery.log.map(({ attempts, outcome }) => [attempts, outcome.acked])).toEqual(
    Array.from({ length: 5 }, () => [1, true]),
  );
});
