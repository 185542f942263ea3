import { setTimeout as sleep } from 'node:timers/promises';
import { MESSAGE_LENGTH } from '../../adapters/discord/text.ts';
import type { ModelEvent } from '../../src/assistants/models/model.ts';
import { startScene } from '../adapters/discord/scene.ts';
import { FixedWindow } from '../reply/publisher/strict-server.ts';
import type { DiscordSim } from '../sim/discord/discord.ts';
import { BUCKETS, type DiscordOptions as SimOptions } from '../sim/discord/options.ts';
import { end, ScriptedModel, text } from '../sim/scripted-model.ts';
import { type Figure, inSeconds, median, print } from './figure.ts';
import { leastStaleness } from './publisher/clairvoyant.ts';
import { endBounds, toPlanner } from './publisher/ends.ts';
import { type Load, TOKEN, TOKEN_MS } from './publisher/load.ts';

const TOKENS = 300;
const EVENTS = 100;
/** Between two of them, so that no limit on calls has a part in the delay. */
const BREATH_MS = 80;
const REPLIES = 30;
const CHANNELS = ['one', 'two', 'three', 'four', 'five'];
const RUN_MS = 30_000;
/** A token so short that a reply of 30 s stays within one message. */
const LETTER = 'x';
const SAMPLE_MS = 50;
/** Longer than any reply needs for its end. */
const PATIENCE_MS = 60_000;
const LIMIT = { calls: BUCKETS.messages.limit, perMs: BUCKETS.messages.window };
const LIMITS_ON: SimOptions = {
  rateLimits: BUCKETS,
  globalRateLimit: { limit: 50, window: 1_000 },
  channels: CHANNELS,
};

/** What replies on Discord cost and how fresh they are, over sockets against the simulator with its limits on. */
export async function discordFigures(): Promise<Figure[]> {
  return [
    ...(await single()),
    ...(await latency()),
    ...(await crowd('thread', TOKEN)),
    ...(await crowd('channel', LETTER)),
    ...(await crowd('channel', TOKEN)),
  ];
}

/** The answer to one question: a token every 20 ms. */
class Writer {
  firstAt = 0;
  endedAt: number | undefined;
  written = 0;

  async *write(tokens: number, what = TOKEN): AsyncGenerator<ModelEvent> {
    const start = performance.now();
    this.firstAt = start;
    for (let token = 1; token <= tokens; token++) {
      this.written += what.length;
      yield text(what);
      await sleep(Math.max(0, start + token * TOKEN_MS - performance.now()));
    }
    this.endedAt = performance.now();
    yield end();
  }
}

async function single(): Promise<Figure[]> {
  const writer = new Writer();
  const scene = await startScene(new ScriptedModel(() => writer.write(TOKENS)), { sim: LIMITS_ON });
  const { sim } = scene;
  let shownAt: number | undefined;
  sim.watch(({ kind, messageId }) => {
    if (kind === 'message' && messageId && sim.message(messageId).author === sim.bot)
      shownAt ??= performance.now();
  });
  const from = sim.calls.all.length;
  const question = sim.user('ann').says('one', `${sim.mention} go`);
  await scene.finished(question.id);
  const last = performance.now() - (writer.endedAt ?? Number.NaN);
  const calls = sim.calls.all.slice(from);
  await scene.close();
  const characters = calls.reduce((sum, call) => sum + call.characters, 0);
  const name = `Discord, ${TOKENS} tokens at ${TOKEN_MS} ms`;
  return [
    {
      name: `${name}: first text`,
      value: `${((shownAt ?? Number.NaN) - writer.firstAt).toFixed(0)} ms`,
      aim: '10 ms',
    },
    { name: `${name}: calls`, value: `${calls.length}: ${byRoute(calls)}` },
    { name: `${name}: characters sent`, value: `${characters} for ${TOKENS * TOKEN.length}` },
    { name: `${name}: run's end to last edit`, value: `${last.toFixed(0)} ms` },
  ];
}

/** From a person's message to the bot's first call for it: the start of a thread. */
async function latency(): Promise<Figure[]> {
  const scene = await startScene(new ScriptedModel([text('Yes.'), end()]));
  const { sim } = scene;
  const delays: number[] = [];
  for (let event = 0; event < EVENTS; event++) {
    const from = sim.calls.all.length;
    const said = Date.now();
    const question = sim.user('ann').says('general', `${sim.mention} number ${event}`);
    await scene.finished(question.id);
    await sleep(BREATH_MS);
    delays.push((sim.calls.all[from]?.at ?? Number.NaN) - said);
  }
  await scene.close();
  const at = (share: number) =>
    delays.toSorted((a, b) => a - b)[Math.ceil(delays.length * share) - 1] ?? Number.NaN;
  const value = `${at(0.5)} ms, ${at(0.99)} ms`;
  return [{ name: 'Discord, event to first call, p50 and p99', value, aim: '8 ms, 25 ms' }];
}

function byRoute(calls: readonly { method: string; route: string }[]): string {
  const names = calls.map(({ method, route }) => `${method} ${route.split('/').at(-1)}`);
  return [...new Set(names)]
    .map((name) => `${names.filter((other) => other === name).length} ${name}`)
    .join(', ');
}

/** Thirty questions at once over five channels: each in a thread of its own, or six in each channel. */
async function crowd(replyIn: 'thread' | 'channel', token: string): Promise<Figure[]> {
  const writers: Writer[] = [];
  const model = new ScriptedModel(({ items }) => {
    const writer = new Writer();
    writers[Number(/number (\d+)/.exec(JSON.stringify(items))?.[1])] = writer;
    return writer.write(RUN_MS / TOKEN_MS, token);
  });
  const scene = await startScene(model, { sim: LIMITS_ON, discord: { replyIn } });
  const { sim } = scene;
  const questions = Array.from({ length: REPLIES }, (_, index) =>
    sim
      .user(`person${index}`)
      .says(CHANNELS[index % CHANNELS.length] ?? '', `${sim.mention} number ${index}`),
  );
  const places = questions.map(({ id, channel }) => ({
    id,
    channel: replyIn === 'thread' ? id : channel.id,
  }));
  const seen = await watchReplies(sim, places, writers);
  const { limited, all } = { limited: sim.calls.limited(), all: sim.calls.all.length };
  await scene.close();
  const delays = seen.delays.toSorted((a, b) => a - b);
  const late = delays[Math.ceil(delays.length * 0.99) - 1] ?? Number.NaN;
  const written = (RUN_MS / TOKEN_MS) * token.length;
  const where = replyIn === 'thread' ? 'in threads' : `${REPLIES / CHANNELS.length} to a channel`;
  const name = `Discord, ${REPLIES} replies of ${written} at once for ${RUN_MS / 1_000} s, ${where}`;
  return [
    { name: `${name}: mention to first text, p50`, value: inSeconds(median(seen.firsts)), aim: '0.5 s' },
    { name: `${name}: 429s`, value: `${limited} of ${all} calls`, aim: '0' },
    { name: `${name}: run's end to last edit, p99`, ...lateness(late, replyIn, token) },
    ...freshness(name, seen.staleness, replyIn, token),
  ];
}

/** In a channel that more replies share than it takes calls in a window, beside the best that knows no ends. */
function lateness(late: number, replyIn: 'thread' | 'channel', token: string): Omit<Figure, 'name'> {
  if (replyIn === 'thread') return { value: inSeconds(late), aim: '2 s' };
  const { worst } = endBounds(channelLoad(replyIn, MESSAGE_LENGTH / scaleOf(token)));
  return { value: toPlanner(late, worst), aim: 'ratio ≤ 1.15' };
}

/** Of replies that are longer than a message, compared with somebody who knows of that, and with one who need not. */
function freshness(name: string, staleness: number, replyIn: 'thread' | 'channel', token: string): Figure[] {
  const scale = scaleOf(token);
  const to = (messageCharacters: number) =>
    (staleness / (best(replyIn, messageCharacters / scale) * scale)).toFixed(2);
  const isLong = (RUN_MS / TOKEN_MS) * token.length > MESSAGE_LENGTH;
  const ratio = `${name}: staleness to the best that can go on`;
  return [
    { name: ratio, value: to(MESSAGE_LENGTH), aim: '1.15' },
    ...(isLong ? [{ name: `${ratio}, if messages had no end`, value: to(Number.POSITIVE_INFINITY) }] : []),
  ];
}

/** The planner writes `TOKEN`s. */
function scaleOf(token: string): number {
  return token.length / TOKEN.length;
}

interface Place {
  /** The question's. */
  id: string;
  channel: string;
}

/** Looks at all replies until they are over: how late each ends, and what is missing in them on the average. */
async function watchReplies(sim: DiscordSim, places: readonly Place[], writers: Writer[]) {
  const ends: (number | undefined)[] = places.map(() => undefined);
  const firsts: number[] = [];
  let missing = 0;
  const askedAt = performance.now();
  const deadline = askedAt + RUN_MS + PATIENCE_MS;
  for (let last = performance.now(); ends.includes(undefined); ) {
    await sleep(SAMPLE_MS);
    const now = performance.now();
    if (now > deadline) throw new Error('The replies did not end.');
    for (const [index, place] of places.entries()) {
      const writer = writers[index];
      const { characters, isFinished } = look(sim, place);
      if (writer) missing += (writer.written - characters) * (now - last);
      if (characters > 0) firsts[index] ??= now - askedAt;
      if (isFinished) ends[index] ??= now - (writer?.endedAt ?? now);
    }
    last = now;
  }
  const delays = ends.flatMap((delay) => delay ?? []);
  return { firsts, delays, staleness: missing / (places.length * RUN_MS) };
}

/** The characters of one reply that people see: in a channel the messages that answer its question. */
function look(sim: DiscordSim, { id, channel }: Place): { characters: number; isFinished: boolean } {
  let characters = 0;
  let isFinished = false;
  for (const message of sim.world.channels.get(channel)?.messages.values() ?? []) {
    if (message.author !== sim.bot || (channel !== id && message.reference?.messageId !== id)) continue;
    characters += message.content.length;
    isFinished ||= JSON.stringify(message.components).includes('Regenerate');
  }
  return { characters, isFinished };
}

/** For somebody who plans all calls of one channel, with replies of `TOKEN`. */
function best(replyIn: 'thread' | 'channel', messageCharacters: number): number {
  return leastStaleness(channelLoad(replyIn, messageCharacters), LIMIT.perMs / LIMIT.calls);
}

function channelLoad(replyIn: 'thread' | 'channel', messageCharacters: number): Load {
  const together = replyIn === 'thread' ? 1 : REPLIES / CHANNELS.length;
  const runs = Array.from({ length: together }, () => ({ from: 0, until: RUN_MS }));
  const newServer = () => new FixedWindow(LIMIT);
  return {
    name: replyIn,
    limit: LIMIT,
    newServer,
    countsFirstTexts: true,
    countsLastEdits: true,
    messageCharacters,
    runs,
  };
}

if (import.meta.main) print(await discordFigures());
