import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelEvent } from '../../src/assistants/models/model.ts';
import { startWorld, type World } from '../adapters/slack/scene.ts';
import { SlidingWindow } from '../reply/publisher/strict-server.ts';
import { end, ScriptedModel, text, usage } from '../sim/scripted-model.ts';
import { crowdOf } from '../sim/slack/crowd.ts';
import { messageText } from '../sim/slack/view.ts';
import { type Figure, inSeconds, median, print } from './figure.ts';
import { leastStaleness } from './publisher/clairvoyant.ts';
import { TOKEN, TOKEN_MS } from './publisher/load.ts';

const REPLIES = 30;
const RUN_MS = 30_000;
const CHANNELS = Array.from({ length: 10 }, (_, index) => ({
  id: `C0BENCH${index}`,
  name: `bench-${index}`,
}));
const SAMPLE_MS = 50;
const STREAMS = { calls: 100, perMs: 60_000 };
const EDITS = { calls: 50, perMs: 60_000 };

/** What replies in Slack cost and how fresh they are, over sockets against the simulator with its limits on. */
export async function slackFigures(): Promise<Figure[]> {
  return [...(await single('native')), ...(await single('edits')), ...(await crowd())];
}

/** A model that writes so many tokens, one every 20 ms, and tells how far it is. */
class Writer {
  readonly model: ScriptedModel;
  firstAt = 0;
  endedAt = 0;
  written = 0;

  constructor(tokens: number) {
    this.model = new ScriptedModel(() => this.#write(tokens));
  }

  async *#write(tokens: number): AsyncGenerator<ModelEvent> {
    const start = performance.now();
    this.firstAt = start;
    for (let token = 1; token <= tokens; token++) {
      this.written += TOKEN.length;
      yield text(TOKEN);
      await sleep(Math.max(0, start + token * TOKEN_MS - performance.now()));
    }
    yield usage;
    this.endedAt = performance.now();
    yield end();
  }
}

async function single(way: 'native' | 'edits'): Promise<Figure[]> {
  const writer = new Writer(300);
  const world = await startWorld({ model: writer.model, slack: { streaming: way } });
  const { sim } = world;
  const { channel, ts } = sim.user('ann').says('C0GENERAL', '@bobbin go');
  const shown = () => sim.texts(channel, ts).join('');
  await sim.until(() => shown() !== '');
  const firstText = performance.now() - writer.firstAt;
  await sim.until(() => shown().includes('[Regenerate]'), RUN_MS);
  const last = performance.now() - writer.endedAt;
  await sim.settled();
  await world.close();
  const { calls } = sim.counters;
  const sent = calls.reduce((sum, { args }) => sum + textIn(args), 0);
  const name = `Slack ${way}, 300 tokens at 20 ms`;
  return [
    { name: `${name}: first text`, value: `${firstText.toFixed(0)} ms`, aim: '10 ms' },
    {
      name: `${name}: calls, all methods`,
      value: `${calls.length}: ${byMethod(calls)}`,
      aim: `${way === 'native' ? 12 : 8} without the start`,
    },
    { name: `${name}: characters sent`, value: `${sent} for ${300 * TOKEN.length}` },
    { name: `${name}: run's end to last call`, value: `${last.toFixed(0)} ms` },
  ];
}

function textIn({ blocks, chunks }: Record<string, unknown>): number {
  return String(blocks ?? '').length + String(chunks ?? '').length;
}

function byMethod(calls: readonly { method: string }[]): string {
  const counts = new Map<string, number>();
  for (const { method } of calls) counts.set(method, (counts.get(method) ?? 0) + 1);
  return [...counts].map(([method, count]) => `${count} ${method}`).join(', ');
}

async function crowd(): Promise<Figure[]> {
  const writers: Writer[] = [];
  const model = new ScriptedModel((request, signal) => {
    const writer = new Writer(RUN_MS / TOKEN_MS);
    writers[Number(/number (\d+)/.exec(JSON.stringify(request.items))?.[1])] = writer;
    return writer.model.respond(request, signal);
  });
  const world = await startWorld({
    model,
    sim: { users: crowdOf(REPLIES), channels: CHANNELS },
    slack: { streaming: 'native' },
  });
  const { sim } = world;
  const threads = Array.from({ length: REPLIES }, (_, index) =>
    sim.user(`person${index}`).says(`C0BENCH${index % CHANNELS.length}`, `@bobbin number ${index}`),
  );
  const lengths = () =>
    threads.map(({ channel, ts }) =>
      sim.workspace
        .replies(sim.workspace.channel(channel), ts)
        .reduce((sum, message) => sum + (messageText(sim.workspace, message).match(/word/g)?.length ?? 0), 0),
    );
  const askedAt = performance.now();
  const ends = endsOf(world, threads, writers);
  const firsts: number[] = [];
  const seen = () => {
    const all = lengths();
    for (const [index, length] of all.entries())
      if (length > 0) firsts[index] ??= performance.now() - askedAt;
    return all;
  };
  const missing = await staleness(writers, seen, () => ends.every((at) => at !== undefined));
  await world.close();
  const delays = ends.flatMap((delay) => delay ?? []).sort((a, b) => a - b);
  const late = delays[Math.ceil(delays.length * 0.99) - 1] ?? Number.NaN;
  const { calls, limited } = sim.counters.total();
  const streams = sim.counters.of('chat.startStream').calls;
  const name = `Slack, ${REPLIES} replies at once for ${RUN_MS / 1_000} s`;
  return [
    { name: `${name}: mention to first text, p50`, value: inSeconds(median(firsts)), aim: '0.5 s' },
    { name: `${name}: 429s`, value: `${limited} of ${calls} calls, ${streams} streams`, aim: '0' },
    { name: `${name}: run's end to last call, p99`, value: inSeconds(late), aim: '2 s' },
    {
      name: `${name}: staleness to the best that can go on`,
      value: (missing / best()).toFixed(2),
      aim: '1.15',
    },
  ];
}

/** Milliseconds from each run's end to the call that people see it by. */
function endsOf({ sim }: World, threads: { channel: string; ts: string }[], writers: Writer[]) {
  const ends: (number | undefined)[] = threads.map(() => undefined);
  sim.watch(() => {
    for (const [index, { channel, ts }] of threads.entries()) {
      const endedAt = writers[index]?.endedAt;
      if (ends[index] !== undefined || !endedAt) continue;
      if (sim.thread(channel, ts).includes('[Regenerate]')) ends[index] = performance.now() - endedAt;
    }
  });
  return ends;
}

/** Characters known but not shown, on the average over the time of all runs. */
async function staleness(writers: Writer[], lengths: () => number[], isOver: () => boolean): Promise<number> {
  let missing = 0;
  for (let last = performance.now(); !isOver(); ) {
    await sleep(SAMPLE_MS);
    const now = performance.now();
    const shown = lengths();
    for (const [index, writer] of writers.entries())
      missing += (writer.written - (shown[index] ?? 0) * TOKEN.length) * (now - last);
    last = now;
  }
  return missing / (REPLIES * RUN_MS);
}

/** The least staleness over all ways to part the replies into streams, of which 20 may end in a minute, and edits. */
function best(): number {
  const splits = [0, 5, 10, 15, 20];
  return Math.min(
    ...splits.map((streams) => {
      const appended = streams > 0 ? streams * least('streams', streams) : 0;
      return (appended + (REPLIES - streams) * least('edits', REPLIES - streams)) / REPLIES;
    }),
  );
}

function least(way: 'streams' | 'edits', count: number): number {
  const limit = way === 'streams' ? STREAMS : EDITS;
  const runs = Array.from({ length: count }, () => ({ from: 0, until: RUN_MS }));
  const newServer = () => new SlidingWindow(limit);
  const load = {
    name: way,
    limit,
    newServer,
    countsFirstTexts: false,
    countsLastEdits: way === 'edits',
    messageCharacters: Number.POSITIVE_INFINITY,
    runs,
  };
  return leastStaleness(load, limit.perMs / limit.calls);
}

if (import.meta.main) print(await slackFigures());
