import { expect, test } from 'vitest';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import {
  end,
  hangsAfter,
  python,
  type ScriptedAnswer,
  ScriptedModel,
  says,
  text,
  usage,
} from '../../sim/scripted-model.ts';
import type { SlackSim } from '../../sim/slack/slack.ts';
import { Pen } from './pen.ts';
import { asks, asksDirectly, type Context, isQuiet, openWorld, SPEED, type WorldOptions } from './world.ts';

async function streamed(options: Omit<WorldOptions, 'model'> = {}, context?: Context) {
  const pen = new Pen();
  const world = await openWorld({ model: new ScriptedModel(pen.answer), ...options }, context);
  const thread = asksDirectly(world.sim);
  pen.says('The first');
  await world.sim.until(() => thread.view().includes('The first'));
  const ts = world.sim.counters.calls.find(({ method }) => method === 'chat.appendStream')?.args.ts;
  return { ...world, pen, thread, stream: () => lastMessage(world.sim, thread), ts };
}

function lastMessage(sim: SlackSim, { channel, ts }: { channel: string; ts: string }) {
  const last = sim.workspace.replies(sim.workspace.channel(channel), ts).at(-1);
  return { channel, ts: last?.ts ?? '' };
}

const calls = (sim: SlackSim, method: string) => sim.counters.of(method).calls;

/** In a channel replies are edited. */
async function edited(
  options: Omit<WorldOptions, 'model'> = {},
  after: ScriptedAnswer[] = [],
  context?: Context,
) {
  const pen = new Pen();
  const world = await openWorld({ model: new ScriptedModel(pen.answer, ...after), ...options }, context);
  return { ...world, pen, thread: asks(world.sim) };
}

test('a reply grows in one native stream, its first text at once', async () => {
  const { sim, pen, thread } = await streamed();
  expect(thread.view()).toContain('bobbin [app]: The first ▌');
  pen.says(' and the second');
  await sim.until(() => thread.view().includes('bobbin [app]: The first and the second ▌'));
  pen.says('.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('The first and the second.');
  expect(calls(sim, 'chat.startStream')).toBe(1);
  expect(calls(sim, 'chat.stopStream')).toBe(1);
  expect(calls(sim, 'chat.update') + calls(sim, 'chat.postMessage')).toBe(0);
});

const CODE = 'print(6 * 7)';
const solves = () => new ScriptedModel([...python(CODE), usage, end()], says('It is **42**.'));
const prints42 = () => new ScriptedInterpreter({ [CODE]: { prints: ['42\n'] } });

test('a stream keeps the status of code in a task card, and the code and its output, once, in code blocks', async () => {
  const { sim } = await openWorld({ model: solves(), codeInterpreter: prints42() });
  const thread = asksDirectly(sim);
  await thread.quiet();
  expect(thread.view()).toMatch(/✔ Ran Python \(complete\)\n\s+```python/);
  expect(thread.view().split('print(6 * 7)')).toHaveLength(2);
  expect(thread.text()).toContain('```python\nprint(6 * 7)\n```\n\n```\n42\n```\n\nIt is **42**.');
});

test('an edited reply holds the same code blocks, without cards', async () => {
  const { sim, pen, thread } = await edited({ codeInterpreter: prints42() }, [says('It is **42**.')]);
  pen.does(...python(CODE));
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('```python\nprint(6 * 7)\n```\n\n```\n42\n```\n\nIt is **42**.');
  expect(calls(sim, 'chat.startStream')).toBe(0);
});

test('while code runs the card in a stream says so', async () => {
  const codeInterpreter = new ScriptedInterpreter({ [CODE]: { hangs: true } });
  const { sim } = await openWorld({ model: solves(), codeInterpreter });
  const thread = asksDirectly(sim);
  await sim.until(() => thread.view().includes('◐ Running Python (in_progress)'));
  sim.user('ann').stops(thread);
  await thread.quiet();
  expect(thread.view()).toContain('Stopped.');
  expect(thread.view()).not.toContain('in_progress');
});

test('while code runs the status beside an edited reply says so', async () => {
  const codeInterpreter = new ScriptedInterpreter({ [CODE]: { hangs: true } });
  const { sim } = await openWorld({ model: solves(), codeInterpreter });
  const thread = asks(sim);
  await sim.until(() => thread.view().includes('bobbin is running Python…'));
  sim.user('ann').stops(thread);
  await thread.quiet();
  expect(thread.view()).toContain('Stopped.');
});

test('Slack’s Stop button outlasts what is done on the way to the answer', async () => {
  const pen = new Pen();
  const model = new ScriptedModel(pen.answer, hangsAfter(text('It is')));
  const { sim } = await openWorld({ model, codeInterpreter: prints42() });
  const thread = asksDirectly(sim);
  pen.does(...python(CODE));
  await sim.until(() => thread.view().includes('◐ Running Python'));
  pen.does(usage, end());
  await sim.until(() => thread.view().includes('It is') && !thread.view().includes('Running Python'));
  expect(thread.view()).toContain('[■ Stop]');
  sim.user('ann').stops(thread);
  await thread.quiet();
});

test('edited replies bring a Stop button of their own', async () => {
  const { sim, pen, thread } = await edited();
  pen.says('Growing');
  await sim.until(() => thread.view().includes('Growing'));
  expect(thread.view()).toContain('[Stop]');
  pen.says(' up.');
  await sim.until(() => thread.view().includes('Growing up.'));
  pen.ends();
  await thread.quiet();
  expect(thread.texts()).toEqual(['Growing up.\n[👍] [👎]\n[Regenerate]']);
  expect(calls(sim, 'chat.postMessage')).toBe(1);
});

test.each(['native', 'edits', 'auto'] as const)(
  'with SLACK_STREAMING=%s replies grow as it says, in direct messages, channels and groups',
  async (streaming) => {
    const { sim } = await openWorld({
      model: new ScriptedModel(hangsAfter(text('Growing'))),
      slack: { streaming, timing: { minute: 60_000 / SPEED } },
    });
    const ann = sim.user('ann');
    const growing = async (channel: string) => {
      const { ts } = ann.says(channel, '@bobbin hello');
      await sim.until(() => sim.thread(channel, ts).includes('Growing'));
      ann.stops({ channel, ts });
      await sim.until(() => isQuiet(sim.thread(channel, ts)));
      const isNative = calls(sim, 'chat.startStream') > 0;
      sim.counters.reset();
      return isNative ? 'native' : 'edits';
    };
    const ways = [await growing(ann.dm), await growing('C0GENERAL'), await growing('C0GROUP')];
    const expected = streaming === 'auto' ? ['native', 'edits', 'edits'] : [streaming, streaming, streaming];
    expect(ways).toEqual(expected);
  },
);

test('an app that is no agent edits its replies everywhere, and asks for sessions once', async () => {
  const { sim } = await openWorld({
    model: new ScriptedModel(says('One.'), says('Two.')),
    sim: { agentView: 'none', rates: { speed: SPEED } },
  });
  for (const answer of ['One.', 'Two.']) {
    const thread = asksDirectly(sim);
    await thread.quiet();
    expect(thread.text()).toBe(answer);
  }
  expect(calls(sim, 'chat.startStream')).toBe(0);
  expect(calls(sim, 'agents.sessions.setStatus')).toBe(1);
});

async function* someText(_request: unknown, signal: AbortSignal) {
  yield text('Some ');
  yield* hang(20, signal);
  yield* says('text.');
}

test('where Slack refuses to stream, replies are edited, and it is not asked again at once', async () => {
  const { sim } = await openWorld({ model: new ScriptedModel(someText) });
  sim.fails('chat.startStream', { error: 'method_not_supported_for_channel_type' });
  const first = asksDirectly(sim);
  await first.quiet();
  const second = asksDirectly(sim);
  await second.quiet();
  expect([first.text(), second.text()]).toEqual(['Some text.', 'Some text.']);
  expect(calls(sim, 'chat.startStream')).toBe(1);
});

test('where Slack has refused to stream it is asked again later', async () => {
  const timing = { minute: 60_000 / SPEED, streamless: 1 };
  const { sim } = await openWorld({ model: new ScriptedModel(someText), slack: { timing } });
  sim.fails('chat.startStream', { error: 'user_not_found' });
  const first = asksDirectly(sim);
  await first.quiet();
  const second = asksDirectly(sim);
  await second.quiet();
  expect([first.text(), second.text()]).toEqual(['Some text.', 'Some text.']);
  expect(calls(sim, 'chat.startStream')).toBeGreaterThan(1);
});

async function* hang(ms: number, _signal: AbortSignal): AsyncGenerator<never> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

test('a stream that Slack has ended goes on in the same message by edits', async () => {
  const { sim, pen, thread, stream } = await streamed();
  sim.expires(stream());
  pen.says(' and the second');
  await sim.until(() => thread.view().includes('The first and the second'));
  pen.says(', whole.');
  pen.ends();
  await thread.quiet();
  expect(thread.texts()).toHaveLength(1);
  expect(thread.text()).toBe('The first and the second, whole.');
});

test('a stream that ends at its last call is made whole by an edit', async () => {
  const { sim, pen, thread, stream } = await streamed();
  sim.expires(stream());
  pen.says(' and last.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('The first and last.');
  expect(thread.view()).not.toContain('broke off');
});

test('an old stream rolls on to a next message before Slack ends it', async () => {
  const long = 'A sentence of some length. '.repeat(60);
  const pen = new Pen();
  const { sim } = await openWorld({
    model: new ScriptedModel(pen.answer),
    slack: { timing: { streamLife: 0, minute: 1_000 } },
  });
  const thread = asksDirectly(sim);
  pen.says(long);
  await sim.until(() => thread.text().startsWith('A sentence'));
  const looks: boolean[] = [];
  const unwatch = sim.watch(() => looks.push(thread.view().includes('[■ Stop]')));
  pen.says(`\n\n${long}`);
  await sim.until(() => thread.texts().length === 2);
  unwatch();
  expect(thread.texts()[1]).not.toContain('[Stop]');
  expect(looks).not.toContain(false);
  pen.ends();
  await thread.quiet();
  expect(thread.texts().map(({ length }) => length > 1_000)).toEqual([true, true]);
  expect(thread.text().replaceAll(/\s/g, '')).toBe(`${long}${long}`.replaceAll(/\s/g, ''));
  expect(calls(sim, 'chat.startStream')).toBe(2);
});

test('an old stream with little in it is edited from then on', async () => {
  const { sim, pen, thread } = await streamed({ slack: { timing: { streamLife: 0, minute: 1_000 } } });
  pen.says(' word');
  await sim.until(() => thread.view().includes('The first word'));
  pen.ends();
  await thread.quiet();
  expect(thread.texts()).toHaveLength(1);
  expect(thread.text()).toBe('The first word');
});

test.concurrent('an append whose answer is lost does not show its text twice', async (context) => {
  const { sim, pen, thread } = await streamed({}, context);
  sim.fails('chat.appendStream', { network: 'reset', applied: true });
  pen.says(' and only');
  await sim.until(() => thread.view().includes('and only'));
  pen.says(' once.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('The first and only once.');
});

const LOST = [
  { network: 'reset', applied: false },
  { network: 'reset', applied: true },
  { error: 'internal_error', applied: false },
  { error: 'internal_error', applied: true },
] as const;

test.concurrent.for(LOST)(
  'a stream whose start is not acknowledged (%o) appears once',
  async (fault, context) => {
    const pen = new Pen();
    const { sim } = await openWorld({ model: new ScriptedModel(pen.answer) }, context);
    sim.fails('chat.startStream', fault);
    await appearsOnce(sim, pen, asksDirectly(sim));
  },
);

test.concurrent.for(LOST)('a message that is not acknowledged (%o) appears once', async (fault, context) => {
  const { sim, pen, thread } = await edited({}, [], context);
  sim.fails('chat.postMessage', fault);
  await appearsOnce(sim, pen, thread);
});

async function appearsOnce(sim: SlackSim, pen: Pen, thread: ReturnType<typeof asks>): Promise<void> {
  pen.says('Only');
  await sim.until(() => calls(sim, 'conversations.replies') === 1 && thread.texts().length === 1);
  pen.says(' once.');
  pen.ends();
  await thread.quiet();
  expect(thread.texts()).toHaveLength(1);
  expect(thread.text()).toBe('Only once.');
}

test.concurrent('a 429 on the last call delays it, and loses nothing', async (context) => {
  const { sim, pen, thread } = await streamed({}, context);
  sim.fails('chat.stopStream', { retryAfter: 1 });
  pen.says(' and last.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('The first and last.');
  expect(sim.counters.of('chat.stopStream')).toMatchObject({ calls: 2, limited: 1 });
});

test.concurrent('a 429 on the last edit delays it, and loses nothing', async (context) => {
  const { sim, pen, thread } = await edited({}, [], context);
  pen.says('The first');
  await sim.until(() => thread.view().includes('The first'));
  sim.fails('chat.update', { retryAfter: 1 });
  pen.says(' and last.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('The first and last.');
});

test.concurrent('a limit that Slack tells of in the answer itself is a limit, too', async (context) => {
  const { sim, log, pen, thread } = await edited({}, [], context);
  sim.fails('chat.postMessage', { error: 'rate_limited' });
  pen.says('All of it.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('All of it.');
  expect(log.join('')).not.toContain('could not be shown');
});

/** For how long a call may wait for its answer: so long that one which does get an answer gets it in time. */
const CALL_MS = 2_000;

test.concurrent.for([{ status: 503 }, { network: 'reset' }, { network: 'silent' }] as const)(
  'calls that fail with %o are made again, with the newest text',
  async (fault, context) => {
    const timing = { call: CALL_MS, minute: 60_000 / SPEED };
    const { sim, pen, thread } = await streamed({ slack: { timing } }, context);
    for (const method of ['chat.appendStream', 'chat.stopStream', 'chat.update']) sim.fails(method, fault);
    pen.says(' and');
    await sim.until(() => calls(sim, 'chat.appendStream') > 0);
    pen.says(' last.');
    pen.ends();
    await thread.quiet();
    expect(thread.text()).toBe('The first and last.');
  },
);

test('an edit of a growing message says its text once, and the post and the last edit a line for notifications', async () => {
  const { sim, pen, thread } = await edited();
  const line = 'A line that goes on for longer than anybody needs to know a message by, '.repeat(2).trim();
  pen.says(line);
  await sim.until(() => thread.view().includes(line));
  pen.says(' and more');
  await sim.until(() => thread.view().includes('and more'));
  pen.ends();
  await thread.quiet();
  const texts = (method: string) =>
    sim.counters.calls.filter((call) => call.method === method).map(({ args }) => String(args.text));
  const [post] = texts('chat.postMessage');
  const edits = texts('chat.update');
  const last = edits.at(-1) ?? '';
  const growing = edits.slice(0, -1);
  expect(post).toContain(line);
  expect(last).toContain(line);
  expect(growing.length).toBeGreaterThan(0);
  for (const text of growing) {
    expect(text.length).toBeLessThan(50);
    expect(line.startsWith(text.replace('…', ''))).toBe(true);
  }
});

test('Markdown that Slack refuses is shown as it stands', async () => {
  const { sim, pen, thread } = await edited();
  sim.fails('chat.postMessage', { error: 'invalid_blocks' });
  pen.says('| a |\n|---|\n| 1 |');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('| a |\n|---|\n| 1 |');
});

test('more replies at once than streams are allowed are edited, and all of them come to their end', async () => {
  // So much time that a busy machine begins all of them within it.
  const minute = 10_000;
  const { sim } = await openWorld({
    model: new ScriptedModel(hangsAfter(text('Waiting'))),
    sim: { rates: { speed: 60_000 / minute } },
    slack: { timing: { minute } },
  });
  const threads = Array.from({ length: 18 }, (_, index) => asksDirectly(sim, `question ${index}`));
  await sim.until(() => threads.every((thread) => thread.view().includes('Waiting')));
  const streams = calls(sim, 'chat.startStream');
  expect(streams).toBeGreaterThan(0);
  expect(streams).toBeLessThan(18);
  for (const thread of threads) {
    const { ts } = lastMessage(sim, thread);
    const own = sim.workspace.message(sim.workspace.channel(thread.channel), ts);
    if (own.stream) sim.user('ann').stops(thread);
    else void sim.user('ann').presses({ channel: thread.channel, ts }, 'bobbin_stop');
  }
  await sim.until(() => threads.every((thread) => isQuiet(thread.view())));
  expect(sim.counters.total().limited).toBe(0);
});
