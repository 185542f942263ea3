import { MESSAGE_LENGTH } from '../../adapters/discord/text.ts';
import { FixedWindow, LeakyBucket, SlidingWindow } from '../reply/publisher/strict-server.ts';
import { type Figure, inSeconds, percentile, print } from './figure.ts';
import { leastStaleness } from './publisher/clairvoyant.ts';
import { endBounds, endingLater, mean, toPlanner } from './publisher/ends.ts';
import { type Load, type Run, randomNumbers, TOKEN_MS } from './publisher/load.ts';
import { play } from './publisher/world.ts';

const TIER_3 = { calls: 50, perMs: 60_000 };
const TIER_4 = { calls: 100, perMs: 60_000 };
const CHANNEL = { calls: 5, perMs: 5_000 };
const RUN_MS = 30_000;
/** Replies that stay within one message. */
const ENDLESS = Number.POSITIVE_INFINITY;
const DISCORD = { countsFirstTexts: true, countsLastEdits: true, messageCharacters: ENDLESS, limit: CHANNEL };

/** Until then a budget may still learn, in milliseconds. */
const LEARNED_BY = 60_000;

/** So many moments at which runs end, spread over a window, and milliseconds between two of them. */
const MOMENTS = 20;
const MOMENT_MS = 260;

/** What the shared budget makes of many replies at once, played in virtual time: the same figures every time. */
export async function publisherFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const load of loads()) figures.push(...(await figuresOf(load)));
  for (const load of crowds()) figures.push(...(await momentFigures(load)));
  return figures;
}

async function figuresOf(load: Load): Promise<Figure[]> {
  const { name } = load;
  const { refusals, calls, ends, staleness } = await play(load);
  const learned = refusals.filter((at) => at >= LEARNED_BY).length;
  const late = seconds(ends.map(({ delay }) => delay));
  const lateLearned = seconds(ends.filter(({ at }) => at >= LEARNED_BY).map(({ delay }) => delay));
  const even = load.limit.perMs / load.limit.calls;
  const ratio = (quickest: number) => (staleness / leastStaleness(load, quickest)).toFixed(2);
  return [
    {
      name: `${name}: 429s`,
      value: `${refusals.length} of ${calls} calls, ${learned} once learned`,
      aim: '0',
    },
    {
      name: `${name}: run's end to last edit, p99`,
      value: refusals.length > 0 ? `${late}, ${lateLearned} once learned` : late,
      aim: '2 s',
    },
    { name: `${name}: staleness to the best that can go on`, value: ratio(even), aim: '1.15' },
    { name: `${name}: staleness to one who knows the ends`, value: ratio(even / 4) },
  ];
}

/**
 * More replies than a window takes calls, ending together: when that falls in a window is luck, so all moments of one
 * are tried.
 */
async function momentFigures(load: Load): Promise<Figure[]> {
  const ends: number[] = [];
  const ratios: number[] = [];
  let refused = 0;
  for (let moment = 0; moment < MOMENTS; moment++) {
    const ending = endingLater(load, moment * MOMENT_MS);
    const { refusals, ends: seen, staleness } = await play(ending);
    refused += refusals.length;
    ends.push(Math.max(...seen.map(({ delay }) => delay)));
    ratios.push(staleness / leastStaleness(ending, load.limit.perMs / load.limit.calls));
  }
  const bounds = endBounds(load);
  const sliding = endBounds({ ...load, newServer: () => new SlidingWindow(load.limit) });
  const name = `${load.name}, all ending at one of ${MOMENTS} moments`;
  return [
    { name: `${name}: 429s`, value: String(refused), aim: '0' },
    {
      name: `${name}: end, at worst`,
      value: toPlanner(Math.max(...ends), bounds.worst),
      aim: 'ratio ≤ 1.15',
    },
    { name: `${name}: end, on the average`, value: toPlanner(mean(ends), bounds.mean), aim: 'ratio ≤ 1.15' },
    {
      name: `${name}: end for one who knows the moment`,
      value: `${inSeconds(bounds.known)} with fixed windows, ${inSeconds(sliding.known)} with sliding ones`,
    },
    {
      name: `${name}: staleness to the best that can go on`,
      value: `${mean(ratios).toFixed(2)}, at worst ${Math.max(...ratios).toFixed(2)}`,
      aim: '1.15',
    },
  ];
}

/** Of the 99th percentile of some milliseconds. */
function seconds(delays: number[]): string {
  return inSeconds(percentile(delays, 0.99));
}

/** More replies in one Discord channel than calls in a window. */
function crowds(): Load[] {
  const channel = { ...DISCORD, newServer: () => new FixedWindow(CHANNEL), runs: atOnce(6) };
  return [
    { ...channel, name: 'Discord, 6 in a channel' },
    { ...channel, name: 'Discord, 6 long ones in a channel', messageCharacters: MESSAGE_LENGTH },
  ];
}

function loads(): Load[] {
  const slack = { countsFirstTexts: false, countsLastEdits: true, messageCharacters: ENDLESS };
  const edits = { ...slack, limit: TIER_3, newServer: () => new SlidingWindow(TIER_3) };
  const fewer = { ...slack, limit: TIER_3, newServer: () => new SlidingWindow({ calls: 30, perMs: 60_000 }) };
  const appends = { ...slack, countsLastEdits: false, limit: TIER_4 };
  const streams = { ...appends, newServer: () => new SlidingWindow(TIER_4) };
  const channel = { ...DISCORD, newServer: () => new FixedWindow(CHANNEL) };
  const long = { ...channel, messageCharacters: MESSAGE_LENGTH };
  const leaky = { ...DISCORD, newServer: () => new LeakyBucket(CHANNEL) };
  return [
    { name: 'Slack edits, 30 replies', ...edits, runs: atOnce(30) },
    { name: 'Slack streams, 20 replies', ...streams, runs: atOnce(20) },
    { name: 'Slack edits, 1 reply', ...edits, runs: atOnce(1) },
    { name: 'Slack edits, 1 reply of 2 min', ...edits, runs: [{ from: 0, until: 120_000 }] },
    { name: 'Slack edits, 5 at a time for 5 min', ...edits, runs: inTurn(5, 10) },
    { name: 'Slack edits, 5 at a time, 30 calls a minute', ...fewer, runs: inTurn(5, 10) },
    { name: 'Discord, 6 in a channel that end apart', ...channel, runs: endingApart(6) },
    { name: 'Discord, 6 in a channel with a leaky bucket', ...leaky, runs: endingApart(6) },
    { name: 'Discord, 1 in a thread', ...channel, runs: atOnce(1) },
    { name: 'Discord, 1 long one in a thread', ...long, runs: atOnce(1) },
    { name: 'Discord, 6 long ones that end apart', ...long, runs: endingApart(6) },
    { name: 'Discord, 3 long ones in a channel', ...long, runs: atOnce(3) },
  ];
}

function atOnce(count: number): Run[] {
  return Array.from({ length: count }, () => ({ from: 0, until: RUN_MS }));
}

function endingApart(count: number): Run[] {
  return atOnce(count).map((run, index) => ({ ...run, until: RUN_MS + index * 1_700 + 300 * (index % 2) }));
}

/** So many at a time, one after the other, of lengths that vary. */
function inTurn(atATime: number, rounds: number): Run[] {
  const random = randomNumbers(7);
  return atOnce(atATime).flatMap(() => {
    let from = 0;
    return Array.from({ length: rounds }, () => {
      from += Math.round((random() * 5_000) / TOKEN_MS) * TOKEN_MS;
      const run = { from, until: from + Math.round((RUN_MS * (0.5 + random())) / TOKEN_MS) * TOKEN_MS };
      from = run.until;
      return run;
    });
  });
}

if (import.meta.main) print(await publisherFigures());
